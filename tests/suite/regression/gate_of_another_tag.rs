//! A backend that leaves a tag's scope while the pool makes the place for the tag's blocks: the object then belonged to the
//! tag around it, whose budget was not asked.

use std::cell::RefCell;

use framealloc::{AllocConfig, AllocError, Budget, OnExceed, SmartAlloc, TagGuard};
use framealloc_tests::model::exhume;
use framealloc_tests::{Meddler, on_thread};

thread_local! {
    static INNER: RefCell<Option<TagGuard<'static>>> = const { RefCell::new(None) };
}

#[test]
fn an_object_is_charged_to_the_tag_that_it_has() {
    on_thread(|| {
        let (alloc, backend) = Meddler::serving(AllocConfig::default(), |_| drop(INNER.take()));
        let alloc: &'static SmartAlloc = exhume(alloc);
        alloc.set_tag_budget("small", Budget::bytes(100).on_exceed(OnExceed::Fail));
        let _small = alloc.tag_scope("small");
        let charged = alloc.pool_box([0_u8; 64]);
        // The pool follows the switches from here on.
        INNER.set(Some(alloc.tag_scope(alloc.tag("large"))));
        backend.arm();
        let object = alloc.try_pool_box([0_u8; 64]);
        assert!(!backend.is_armed());
        let live = alloc.tag_stats("small").unwrap().pool.live_bytes;
        assert_eq!((alloc.tag_budget("small").unwrap().used, live), (64, 64));
        assert!(matches!(alloc.try_pool_box([0_u8; 64]), Err(AllocError::BudgetExceeded { .. })));
        drop((charged, object));
        assert_eq!(alloc.tag_budget("small").unwrap().used, 0);
    });
}
