//! A backend that enters another tag while the pool asks it for memory: the object was of the tag that was entered, whose
//! budget was not charged with it.

use framealloc::AllocConfig;
use framealloc_tests::model::bury;
use framealloc_tests::{Meddler, on_thread};

#[test]
fn a_pool_object_is_of_the_tag_that_asked() {
    let (alloc, backend) = Meddler::serving(AllocConfig::minimal(), |alloc| {
        bury(alloc.tag_scope(alloc.tag("other")));
    });
    alloc.set_tag_budget("other", 1_usize << 20);
    on_thread(|| {
        // From its first object on the thread's pool follows the tags.
        drop(alloc.pool_box([0_u8; 1024]));
        let tag = alloc.tag_scope("t");
        backend.arm();
        let object = alloc.pool_box([0_u8; 1024]);
        assert_eq!(&*alloc.tag_path(), "other", "the backend switched");
        let live = |tag: &str| alloc.tag_stats(tag).map_or(0, |stats| stats.pool.live_bytes);
        assert_eq!((live("t"), live("other")), (1024, 0));
        assert_eq!(alloc.tag_budget("other").unwrap().used, 0);
        drop((object, tag));
        assert_eq!(alloc.tag_budget("other").unwrap().used, 0);
    });
}
