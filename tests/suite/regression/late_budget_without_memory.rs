//! A thread that has not read a budget and finds no memory for a magazine: what it takes and frees passes its accounts,
//! which are what the budget learns from.

use std::sync::Barrier;
use std::thread;

use framealloc::{AllocConfig, Budget, OnExceed};
use framealloc_tests::Fixture;

const KIB: u64 = 1024;

#[test]
fn what_is_taken_is_charged() {
    for used_before in [false, true] {
        let fixture = Fixture::new(AllocConfig::default());
        let (alloc, barrier) = (&fixture.alloc, Barrier::new(2));
        thread::scope(|scope| {
            let worker = scope.spawn(|| {
                if used_before {
                    drop(alloc.pool_box([0_u8; 1024]));
                }
                // The thread knows the tag, and has no magazine for it.
                let _tag = alloc.tag_scope("t");
                barrier.wait();
                barrier.wait();
                fixture.backend.fail(0, 1);
                let object = alloc.pool_box([0_u8; 1024]);
                fixture.backend.heal();
                assert_eq!(alloc.tag_budget("t").unwrap().used, KIB, "used before: {used_before}");
                drop(object);
            });
            barrier.wait();
            alloc.set_tag_budget("t", Budget::bytes(1 << 20).on_exceed(OnExceed::Fail));
            barrier.wait();
            worker.join().unwrap();
        });
        let budget = alloc.tag_budget("t").unwrap();
        assert_eq!((budget.used, budget.reserved), (0, 0));
    }
}

#[test]
fn what_is_freed_without_memory_for_a_node_is_credited() {
    for failures in [1, 2, 3, 100] {
        let fixture = Fixture::new(AllocConfig::default());
        let (alloc, barrier) = (&fixture.alloc, Barrier::new(2));
        for n in 0..2000 {
            alloc.tag(&format!("x{n}"));
        }
        alloc.set_tag_budget("t", 1_usize << 20);
        let object = alloc.with_tag("t", |_| alloc.pool_box([0_u8; 1024]));
        thread::scope(|scope| {
            let worker = scope.spawn(|| {
                // Has a heap, and does not know the tag.
                drop(alloc.tag_path());
                barrier.wait();
                fixture.backend.fail(0, failures);
                drop(object);
                fixture.backend.heal();
            });
            barrier.wait();
            worker.join().unwrap();
        });
        let budget = alloc.tag_budget("t").unwrap();
        assert_eq!((budget.used, budget.reserved), (0, 0), "{failures} failures");
    }
}
