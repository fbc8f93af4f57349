//! Who pays for scratch memory: the tag that was current when the pool or the allocator was created.

use framealloc::diagnostics::FA312;
use framealloc::{AllocConfig, AllocError, Budget, OnExceed, SmartAlloc};
use framealloc_tests::{Fixture, caught, on_thread};

/// Heap bytes and allocations of a tag.
fn heap(alloc: &SmartAlloc, tag: &str) -> (u64, u64) {
    let stats = alloc.stats();
    let row = stats.tags.iter().find(|row| &*row.path == tag);
    row.map_or((0, 0), |row| (row.heap.live_bytes, row.heap.allocations))
}

#[test]
fn the_tag_of_the_creation_pays_whoever_allocates() {
    let fixture = Fixture::small();
    on_thread(|| {
        let alloc = &fixture.alloc;
        let (pool, scratch) = {
            let _tag = alloc.tag_scope("level/paths");
            (alloc.scratch_pool("paths"), alloc.create_scratch_allocator(1 << 20).unwrap())
        };
        assert_eq!(heap(alloc, "level/paths"), (0, 0), "nothing is taken yet");
        let _tag = alloc.tag_scope("ai");
        let boxed = alloc.scratch_pool("paths").boxed([1_u8; 100]).unwrap();
        assert_eq!(heap(alloc, "level/paths"), (4096, 1));
        on_thread(|| drop(pool.boxed([2_u8; 5000]).unwrap()));
        scratch.alloc_slice::<u8>(100);
        assert_eq!((heap(alloc, "level/paths"), heap(alloc, "ai")), ((4096 + 8192 + 4096, 3), (0, 0)));
        let level = alloc.stats().tags.into_iter().find(|row| &*row.path == "level").unwrap();
        assert_eq!(level.inclusive.heap.live_bytes, 4096 + 8192 + 4096);
        drop((boxed, scratch, pool));
        drop(alloc.scratch_registry().remove("paths"));
        assert_eq!(heap(alloc, "level/paths").0, 0);
    });
    fixture.assert_all_freed();
}

#[test]
fn budgets_of_the_tag_those_above_it_and_the_allocator_refuse() {
    for (who, name) in [("level/paths", "tag level/paths"), ("level", "tag level"), ("", "the allocator")] {
        let fixture = Fixture::small().unlimited();
        on_thread(|| {
            let alloc = &fixture.alloc;
            let budget = Budget::bytes(20_000).on_exceed(OnExceed::Fail);
            let used = || match who {
                "" => alloc.budget().unwrap().used,
                tag => alloc.tag_budget(tag).unwrap().used,
            };
            match who {
                "" => alloc.set_budget(budget),
                tag => alloc.set_tag_budget(tag, budget),
            }
            let _tag = alloc.tag_scope("level/paths");
            let pool = alloc.scratch_pool("paths");
            let mut boxes = Vec::new();
            let error = loop {
                match pool.boxed([0_u8; 1000]) {
                    Ok(boxed) => boxes.push(boxed),
                    Err(error) => break error,
                }
            };
            let AllocError::BudgetExceeded { budget, limit: 20_000, used: 16_384, requested: 4096 } = &error
            else {
                panic!("{error}");
            };
            assert_eq!(&**budget, name);
            // 4096 + 8192 + 4096 bytes: the third chunk is smaller than it would be, so that it fits.
            assert_eq!((boxes.len(), pool.bytes_held(), used()), (4 + 8 + 4, 16_384, 16_384));
            assert_eq!(fixture.reports(&FA312).len(), 1, "only what was refused is told");
            assert!(pool.boxed([0_u8; 10]).is_ok(), "what fits into the chunks is never refused");
            assert_eq!(pool.with_scope(|s| s.try_alloc::<[u8; 5000]>().err().map(|_| used())), Some(16_384));
            drop(boxes);
            assert!(pool.boxed([0_u8; 9000]).is_ok(), "the chunks went, one for the same bytes came");
            drop(alloc.scratch_registry().remove("paths"));
            drop(pool);
            assert_eq!(used(), 0);
        });
        fixture.assert_all_freed();
    }
}

#[test]
fn a_budget_that_panics_leaves_everything_as_it_was() {
    let fixture = Fixture::small();
    on_thread(|| {
        let alloc = &fixture.alloc;
        alloc.set_tag_budget("t", Budget::bytes(5000).on_exceed(OnExceed::Panic));
        let _tag = alloc.tag_scope("t");
        let pool = alloc.scratch_pool("paths");
        let kept = pool.boxed([7_u8; 4000]).unwrap();
        for _ in 0..3 {
            assert!(caught(|| pool.boxed([0_u8; 1000])).contains("budget of tag t exceeded"));
        }
        assert_eq!((pool.boxes(), pool.bytes_held(), kept[3999]), (1, 4096, 7));
        assert_eq!(alloc.tag_budget("t").unwrap().used, 4096);
        drop(kept);
        pool.reset().unwrap();
    });
    fixture.assert_all_freed();
}

#[test]
fn a_budget_that_warns_counts_and_serves() {
    let fixture = Fixture::small();
    on_thread(|| {
        let alloc = &fixture.alloc;
        alloc.set_tag_budget("t", Budget::bytes(1000).on_exceed(OnExceed::Warn));
        let _tag = alloc.tag_scope("t");
        let _boxed = alloc.scratch_pool("paths").boxed([7_u8; 4000]).unwrap();
        let budget = alloc.tag_budget("t").unwrap();
        assert_eq!((budget.used, budget.overruns), (4096, 1));
        assert_eq!(fixture.codes(), ["FA311"]);
    });
    fixture.assert_all_freed();
}

#[test]
fn a_thread_that_never_used_the_allocator_is_charged_like_any_other() {
    let fixture = Fixture::small();
    let (pool, scratch) = on_thread(|| {
        let alloc = &fixture.alloc;
        alloc.set_tag_budget("t", Budget::bytes(20_000).on_exceed(OnExceed::Fail));
        let _tag = alloc.tag_scope("t");
        (alloc.scratch_pool("paths"), alloc.create_scratch_allocator(1 << 20).unwrap())
    });
    let used = || on_thread(|| fixture.alloc.tag_budget("t").unwrap().used);
    let boxed = on_thread(|| pool.boxed([1_u8; 8000]).unwrap());
    assert_eq!(used(), 8192);
    let scratch = on_thread(|| {
        scratch.alloc_slice::<u8>(8000);
        assert!(matches!(scratch.try_alloc::<[u8; 8000]>(), Err(AllocError::BudgetExceeded { .. })));
        scratch
    });
    assert_eq!(used(), 16_384);
    on_thread(|| {
        drop((boxed, scratch));
        drop(fixture.alloc.scratch_registry().remove("paths"));
        drop(pool);
    });
    assert_eq!(used(), 0);
    fixture.assert_all_freed();
}

#[test]
fn a_thread_that_exits_is_charged_too() {
    use framealloc::ScratchPool;
    use std::cell::RefCell;

    struct Late(ScratchPool);
    impl Drop for Late {
        fn drop(&mut self) {
            let boxed = self.0.boxed([5_u8; 10_000]).unwrap();
            assert_eq!(boxed[9999], 5);
            drop(boxed);
            self.0.reset().unwrap();
        }
    }
    thread_local! {
        static LATE: RefCell<Option<Late>> = const { RefCell::new(None) };
    }

    let fixture = Fixture::small();
    let pool = on_thread(|| {
        let alloc = &fixture.alloc;
        alloc.set_tag_budget("t", Budget::bytes(20_000).on_exceed(OnExceed::Fail));
        let _tag = alloc.tag_scope("t");
        alloc.scratch_pool("paths")
    });
    on_thread(|| LATE.with_borrow_mut(|late| *late = Some(Late(pool.clone()))));
    let used = || on_thread(|| fixture.alloc.tag_budget("t").unwrap().used);
    assert_eq!((pool.bytes_held(), used()), (16_384, 16_384));
    on_thread(|| {
        drop(fixture.alloc.scratch_registry().remove("paths"));
        drop(pool);
    });
    assert_eq!(used(), 0);
    fixture.assert_all_freed();
}

#[test]
fn memory_that_frames_keep_idle_is_given_to_scratch() {
    let fixture = Fixture::new(AllocConfig::default().with_memory_limit(1 << 20));
    on_thread(|| {
        assert_eq!(fixture.alloc.frame().slice_from_fn(400_000, |n| n as u8)[255], 255);
        let pool = fixture.alloc.create_scratch_pool("level", 1 << 20).unwrap();
        let large = pool.boxed_slice(500_000, |n| n as u8).unwrap();
        assert!(large.iter().enumerate().all(|(n, byte)| *byte == n as u8));
        assert!(matches!(pool.boxed([0_u8; 500_000]), Err(AllocError::OutOfMemory { .. })));
    });
    fixture.assert_all_freed();
}

#[test]
fn a_sink_may_use_the_pool_that_reports() {
    let cell = std::sync::Arc::new(std::sync::OnceLock::<framealloc::ScratchPool>::new());
    let inner = cell.clone();
    let fixture = Fixture::small().unlimited();
    fixture.alloc.diagnostics().add_sink(framealloc::diagnostics::CallbackSink::new(move |_: &_| {
        if let Some(pool) = inner.get() {
            let word = pool.boxed(9_u64).unwrap();
            assert_eq!((*word, pool.reset().is_err()), (9, true));
        }
    }));
    on_thread(|| {
        let alloc = &fixture.alloc;
        alloc.set_tag_budget("t", Budget::bytes(5000).on_exceed(OnExceed::Fail));
        let _tag = alloc.tag_scope("t");
        let pool = alloc.scratch_pool("paths");
        let kept = pool.boxed([1_u8; 3000]).unwrap();
        cell.set(pool.clone()).unwrap();
        for _ in 0..5 {
            assert!(matches!(pool.boxed([2_u8; 3000]), Err(AllocError::BudgetExceeded { .. })));
        }
        assert_eq!((*kept, pool.boxes()), ([1; 3000], 1));
        alloc.diagnostics().clear_sinks();
    });
    drop(cell);
    fixture.assert_all_freed();
}
