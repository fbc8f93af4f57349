//! Who pays for groups, and what becomes of them without memory.

use framealloc::{AllocError, Budget, OnExceed, SmartAlloc};
use framealloc_tests::{DropCounter, Fixture, caught, on_thread};

fn heap_bytes(alloc: &SmartAlloc, tag: &str) -> u64 {
    alloc.stats().tags.iter().find(|row| &*row.path == tag).map_or(0, |row| row.heap.live_bytes)
}

#[test]
fn the_tag_of_the_creation_pays_for_inner_groups_too() {
    let fixture = Fixture::small();
    on_thread(|| {
        let alloc = &fixture.alloc;
        let mut group = {
            let _tag = alloc.tag_scope("level");
            alloc.groups().create_group("harbour")
        };
        let _tag = alloc.tag_scope("ai");
        assert_eq!(heap_bytes(alloc, "level"), 0, "an empty group takes nothing");
        group.alloc([0_u8; 100]);
        let inner = group.create_group("cellar");
        group[inner].alloc([0_u8; 5000]);
        assert_eq!((heap_bytes(alloc, "level"), heap_bytes(alloc, "ai")), (4096 + 8192, 0));
        assert_eq!(group.free_group(inner).unwrap().bytes, 8192);
        assert_eq!(heap_bytes(alloc, "level"), 4096);
        // Another thread, which never used the allocator, frees the rest.
        on_thread(|| drop(group));
        assert_eq!(heap_bytes(alloc, "level"), 0);
    });
    fixture.assert_all_freed();
}

#[test]
fn budgets_refuse_and_are_refunded() {
    let counter = DropCounter::default();
    for reaction in [OnExceed::Fail, OnExceed::Panic] {
        let fixture = Fixture::small();
        on_thread(|| {
            let alloc = &fixture.alloc;
            alloc.set_tag_budget("level", Budget::bytes(10_000).on_exceed(reaction));
            let _tag = alloc.tag_scope("level");
            for _ in 0..10 {
                let mut group = alloc.groups().create_group("harbour");
                let kept = group.alloc_slice(100, |n| counter.make(n as u64));
                let text = match reaction {
                    OnExceed::Fail => {
                        let error = group.try_alloc_slice(300, |n| counter.make(n as u64)).unwrap_err();
                        assert!(matches!(error, AllocError::BudgetExceeded { .. }));
                        error.to_string()
                    }
                    _ => caught(|| group.alloc_slice(300, |n| counter.make(n as u64))),
                };
                assert!(text.starts_with("budget of tag level exceeded"), "{text}");
                group[kept].iter().for_each(|value| value.verify());
                assert_eq!((counter.alive(), group.objects()), (100, 100));
                assert_eq!(alloc.tag_budget("level").unwrap().used, 4096);
                alloc.groups().free_group(group);
                assert_eq!((counter.alive(), alloc.tag_budget("level").unwrap().used), (0, 0));
            }
        });
        fixture.assert_all_freed();
    }
}

/// Groups and scratch, with what they refuse counted.
fn program(alloc: &SmartAlloc, counter: &DropCounter) -> u64 {
    let mut refused = 0;
    let mut count = |error: AllocError| {
        assert!(matches!(error, AllocError::OutOfMemory { .. }), "{error}");
        refused += 1;
    };
    let Ok(mut group) = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let _tag = alloc.tag_scope("level");
        alloc.groups().create_group("harbour")
    })) else {
        return 1;
    };
    let inner = group.create_group("cellar");
    let (mut known, mut boxes) = (Vec::new(), Vec::new());
    let pool = alloc.scratch_pool("paths");
    let mut scratch = alloc.create_scratch_allocator(1 << 20).unwrap();
    for n in 0..120 {
        match group.try_alloc(counter.make(n)) {
            Ok(handle) => known.push((handle, n)),
            Err(error) => count(error),
        }
        group[inner]
            .try_alloc_slice(n as usize * 4, |n| counter.make(n as u64))
            .map(drop)
            .unwrap_or_else(&mut count);
        match pool.boxed([n; 40]) {
            Ok(boxed) => boxes.push((boxed, n)),
            Err(error) => count(error),
        }
        scratch.with_scope(|s| {
            let first = s.try_alloc_slice::<u64>(n as usize * 10).map(drop);
            let second = s.with_scope(|inner| inner.try_alloc::<[u64; 100]>().map(drop));
            first.unwrap_or_else(&mut count);
            second.unwrap_or_else(&mut count);
        });
        if n % 40 == 39 {
            boxes.drain(..).for_each(|(boxed, n)| assert_eq!(*boxed, [n; 40]));
            pool.reset().unwrap();
            scratch.reset();
        }
    }
    known.iter().for_each(|(handle, n)| assert_eq!(group[*handle].payload, *n));
    assert_eq!(group.objects(), known.len() as u64);
    drop(alloc.scratch_registry().remove("paths"));
    refused
}

#[test]
fn the_nth_request_fails_and_nothing_is_lost() {
    for count in [1, u64::MAX] {
        let mut nth = 0;
        loop {
            let fixture = Fixture::small();
            let counter = DropCounter::default();
            let failed = on_thread(|| {
                let alloc = &fixture.alloc;
                alloc.set_tag_budget("level", Budget::bytes(1 << 20).on_exceed(OnExceed::Fail));
                fixture.backend.fail(nth, count);
                let refused = program(alloc, &counter);
                fixture.backend.heal();
                let failed = fixture.backend.failed();
                assert!(failed > 0 || refused == 0);
                assert_eq!(program(alloc, &counter), 0, "it works again");
                assert_eq!(
                    (alloc.stats().total.live_bytes(), alloc.tag_budget("level").unwrap().used),
                    (0, 0)
                );
                failed
            });
            assert_eq!(counter.alive(), 0, "request {nth}");
            fixture.assert_all_freed();
            if failed == 0 {
                break;
            }
            nth += 1;
        }
        assert!(nth > 12, "only {nth} requests");
    }
}
