//! Containers in memory of the pool and the heap on a thread that has not used the allocator: no budget was asked, and what
//! they freed was taken off what others had.

use allocator_api2::alloc::Allocator;
use allocator_api2::vec::Vec;
use framealloc::{AllocConfig, Budget, OnExceed, SmartAlloc};
use framealloc_tests::{Fixture, on_thread};

const KIB: usize = 1024;

#[track_caller]
fn is_charged<A: Allocator + Send + Clone>(allocator: impl FnOnce(&SmartAlloc) -> A + Send) {
    let fixture = Fixture::new(AllocConfig::default());
    on_thread(|| {
        let alloc = &fixture.alloc;
        alloc.set_tag_budget("t", Budget::bytes(64 * KIB).on_exceed(OnExceed::Fail));
        let tag = alloc.tag_scope("t/inner");
        let held = (alloc.pool_box([0_u8; 8 * KIB]), alloc.heap_box([0_u8; 8 * KIB]));
        let used = || alloc.tag_budget("t").unwrap().used;
        let (allocator, before) = (allocator(alloc), used());
        let (refused, with_vector) = on_thread(|| {
            let mut vector = Vec::<u8, _>::new_in(allocator);
            let refused = vector.try_reserve_exact(512 * KIB).is_err();
            vector.try_reserve_exact(8 * KIB).unwrap();
            (refused, used())
        });
        assert!(refused, "512 KiB under a budget of 64 KiB");
        assert_eq!((with_vector, used()), (before + 8 * KIB as u64, before));
        drop((held, tag));
        assert_eq!(used(), 0);
    });
    fixture.assert_all_freed();
}

#[test]
fn of_the_pool() {
    is_charged(SmartAlloc::pool_allocator);
}

#[test]
fn of_the_heap() {
    is_charged(SmartAlloc::heap_allocator);
}
