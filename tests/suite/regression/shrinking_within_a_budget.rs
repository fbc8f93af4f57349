//! A container that shrinks asks for a smaller block before it gives the larger one up. Where a budget had no room for both
//! that was reported and counted as a refusal, and a budget that panics made `shrink_to_fit` panic.

use allocator_api2::alloc::Allocator;
use allocator_api2::vec::Vec;
use framealloc::{Budget, OnExceed};
use framealloc_tests::{Fixture, on_thread};

/// Shrinks a vector of 30,000 bytes to 20,000. Returns its capacity and what is charged then.
fn shrunk(fixture: &Fixture, allocator: impl Allocator) -> (usize, u64) {
    let mut vector = Vec::<u8, _>::new_in(allocator);
    vector.try_reserve_exact(30_000).unwrap();
    vector.resize(20_000, 1);
    vector.shrink_to_fit();
    assert!(vector.iter().all(|byte| *byte == 1));
    (vector.capacity(), fixture.alloc.tag_budget("t").unwrap().used)
}

#[test]
fn asks_for_no_more_than_there_is() {
    for on_exceed in [OnExceed::Fail, OnExceed::Panic] {
        let fixture = Fixture::default();
        on_thread(|| {
            let alloc = &fixture.alloc;
            alloc.set_tag_budget("t", Budget::bytes(40_000).on_exceed(on_exceed));
            let _tag = alloc.tag_scope("t");
            assert_eq!(shrunk(&fixture, alloc.pool_allocator()), (20_000, 32_768));
            assert_eq!(shrunk(&fixture, alloc.heap_allocator()), (20_000, 30_000));
            let budget = alloc.tag_budget("t").unwrap();
            assert_eq!((budget.refusals, budget.used), (0, 0));
            alloc.set_tag_budget("t", Budget::bytes(60_000).on_exceed(on_exceed));
            assert_eq!(shrunk(&fixture, alloc.pool_allocator()), (20_000, 20_480));
            assert_eq!(shrunk(&fixture, alloc.heap_allocator()), (20_000, 20_000));
        });
        assert!(fixture.codes().iter().all(|code| *code != "FA312"));
        fixture.assert_all_freed();
    }
}
