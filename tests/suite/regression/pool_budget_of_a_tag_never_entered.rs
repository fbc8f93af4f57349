//! A thread with a budget for its pool memory that frees objects of a tag which it never entered: the budget did not hear
//! of them.

use framealloc_tests::{Fixture, on_thread};

#[test]
fn what_the_thread_frees_is_credited() {
    let fixture = Fixture::small();
    let alloc = &fixture.alloc;
    let objects = || [(); 10].map(|()| alloc.pool_box([0_u8; 512]));
    let theirs = on_thread(|| {
        let _tag = alloc.tag_scope("elsewhere");
        objects()
    });
    on_thread(|| {
        alloc.set_thread_pool_budget(1 << 30);
        let used = || alloc.thread_pool_budget().unwrap().used;
        let mine = (objects(), objects());
        assert_eq!(used(), 20 * 512);
        drop(theirs);
        assert_eq!(used(), 10 * 512);
        drop(mine);
        assert_eq!(used(), 0);
    });
    fixture.assert_all_freed();
}
