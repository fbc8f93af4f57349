//! A thread that used another allocator last takes and frees pool objects under a budget that it has not read yet: they go
//! straight to the depot, no ledger tells of them, and the budget never learned.

use std::sync::Barrier;
use std::thread;

use allocator_api2::vec::Vec;
use framealloc::{AllocConfig, Budget, OnExceed, SmartAlloc};
use framealloc_tests::Fixture;

const KIB: usize = 1024;

/// Runs `before` and `after` on one thread, with another allocator used and the budget of "t" set in between; returns what
/// `after` does and the bytes used at the end.
fn around_a_late_budget<T, R: Send>(
    before: impl FnOnce(&SmartAlloc) -> T + Send,
    after: impl FnOnce(&SmartAlloc, T) -> R + Send,
) -> (R, u64) {
    let (fixture, other) = (Fixture::new(AllocConfig::default()), Fixture::new(AllocConfig::default()));
    let (alloc, barrier) = (&fixture.alloc, Barrier::new(2));
    let result = thread::scope(|scope| {
        let worker = scope.spawn(|| {
            let state = alloc.with_tag("t", before);
            drop(other.alloc.pool_box(1_u8));
            barrier.wait();
            barrier.wait();
            after(alloc, state)
        });
        barrier.wait();
        alloc.set_tag_budget("t", Budget::bytes(256 * KIB).on_exceed(OnExceed::Fail));
        barrier.wait();
        // With the end of its thread-locals.
        worker.join().unwrap()
    });
    (result, alloc.tag_budget("t").unwrap().used)
}

#[test]
fn what_is_freed_is_credited() {
    let freed = around_a_late_budget(|alloc| alloc.pool_box([0_u8; KIB]), |_, object| drop(object));
    assert_eq!(freed, ((), 0));
}

#[test]
fn what_is_taken_is_charged() {
    let before = |alloc: &SmartAlloc| {
        drop(alloc.pool_box(1_u8));
        alloc.pool_allocator()
    };
    let after = |alloc: &SmartAlloc, pool| {
        let mut vector = Vec::<u8, _>::new_in(pool);
        vector.try_reserve_exact(KIB).unwrap();
        alloc.tag_budget("t").unwrap().used
    };
    assert_eq!(around_a_late_budget(before, after), (KIB as u64, 0));
}
