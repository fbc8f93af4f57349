//! A container of the pool or the heap on a thread that never used the allocator was not charged to its tag's budget, but
//! credited when it freed: the budget forgot bytes that were in use.

use allocator_api2::alloc::Allocator;
use allocator_api2::vec::Vec;
use framealloc::{Budget, OnExceed, SmartAlloc};
use framealloc_tests::{Fixture, on_thread};

fn used(alloc: &SmartAlloc) -> u64 {
    on_thread(|| alloc.tag_budget("t").unwrap().used)
}

/// A container of 20,000 bytes made and freed on a thread without a heap; one of 80,000 is refused.
fn on_a_foreign_thread(alloc: &SmartAlloc, memory: impl Allocator + Send) {
    let before = used(alloc);
    on_thread(|| {
        let mut bytes = Vec::<u8, _>::new_in(memory);
        bytes.try_reserve_exact(20_000).unwrap();
        assert!((before + 20_000..before + 40_000).contains(&used(alloc)), "{}", used(alloc));
        assert!(bytes.try_reserve_exact(80_000).is_err());
    });
    assert_eq!(used(alloc), before, "what was freed is credited, and no more");
}

#[test]
fn budgets_count_them() {
    let fixture = Fixture::small();
    let alloc = &fixture.alloc;
    let (kept, heap, pool) = on_thread(|| {
        alloc.set_tag_budget("t", Budget::bytes(100_000).on_exceed(OnExceed::Fail));
        let _tag = alloc.tag_scope("t/inner");
        (alloc.heap_box([0_u8; 40_000]), alloc.heap_allocator(), alloc.pool_allocator())
    });
    on_a_foreign_thread(alloc, heap);
    on_a_foreign_thread(alloc, pool);
    drop(kept);
    assert_eq!(used(alloc), 0);
    fixture.assert_all_freed();
}
