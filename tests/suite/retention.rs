//! Values with a declared future: typed, dropped once, given back when refused.

use framealloc::diagnostics::FA609;
use framealloc::{
    AllocConfig, Budget, FailureReason, Importance, OnExceed, Promoted, RetentionPolicy, SmartAlloc,
    frame_system,
};
use framealloc_tests::fixture::leaves_nothing;
use framealloc_tests::layouts::{Line, Page, is_aligned};
use framealloc_tests::{Counted, DropCounter, Fixture, on_thread};

const ALL: [RetentionPolicy; 5] = [
    RetentionPolicy::Discard,
    RetentionPolicy::PromoteToPool,
    RetentionPolicy::PromoteToHeap,
    RetentionPolicy::PromoteToScratch("s"),
    RetentionPolicy::Leak,
];

/// Takes a value and returns where it was.
fn place(promoted: &Promoted<Counted>) -> &'static str {
    promoted.verify();
    match promoted {
        Promoted::Pool(_) => "pool",
        Promoted::Heap(_) => "heap",
        Promoted::Scratch(_) => "scratch",
        Promoted::Leaked(_) => "leaked",
        Promoted::Refused(_) => "refused",
    }
}

#[test]
fn each_policy_does_what_it_says() {
    let counter = DropCounter::default();
    let fixture = Fixture::small();
    on_thread(|| {
        let alloc = &fixture.alloc;
        let _tag = alloc.tag_scope("nav");
        let _phase = alloc.phase_scope("update");
        for ambient in [false, true] {
            alloc.begin_frame();
            let frame = alloc.frame();
            for (n, policy) in ALL.into_iter().enumerate() {
                let name = ["a", "b", "c", "d", "e"][n];
                let value = counter.make(n as u64);
                let mut kept = if ambient {
                    alloc.frame_retained_named(name, value, policy)
                } else {
                    frame.retain_named(name, value, policy)
                };
                kept.get().verify();
                kept.get_mut().verify();
                assert_eq!((kept.name(), kept.policy(), kept.payload), (name, policy, n as u64));
                if n % 2 == 0 {
                    kept.release();
                }
            }
            assert_eq!(counter.alive(), 5);
            drop(frame);
            let mut result = alloc.end_frame_with_promotions();
            assert_eq!(counter.alive(), 4, "the discarded one is gone");
            let (summary, bytes) = (&result.summary, size_of::<Counted>() as u64);
            assert_eq!((summary.count, summary.failed_count, summary.frame), (5, 0, 1 + u64::from(ambient)));
            assert_eq!(
                [
                    summary.discarded_bytes,
                    summary.promoted_pool_bytes,
                    summary.promoted_heap_bytes,
                    summary.promoted_scratch_bytes,
                    summary.leaked_bytes,
                    summary.promoted_bytes()
                ],
                [bytes, bytes, bytes, bytes, bytes, 3 * bytes]
            );
            assert_eq!((summary.by_tag.len(), &*summary.by_tag[0].name), (1, "nav"));
            assert_eq!((summary.by_phase.len(), &*summary.by_phase[0].name), (1, "update"));
            let names: Vec<_> = result.promotions.iter().map(|entry| (entry.name, &*entry.tag)).collect();
            assert_eq!(names, [("b", "nav"), ("c", "nav"), ("d", "nav"), ("e", "nav")], "in order");
            let mut taken = Vec::new();
            for name in ["b", "c", "d", "e"] {
                let value = result.promotions.take::<Counted>(name).unwrap();
                taken.push(place(&value));
                if let Promoted::Leaked(leaked) = value {
                    framealloc_tests::model::bury((leaked, counter.clone()));
                }
            }
            assert_eq!(taken, ["pool", "heap", "scratch", "leaked"]);
            assert!(result.promotions.is_empty() && result.promotions.take::<Counted>("b").is_none());
            assert_eq!(counter.alive(), 1, "the leaked one");
            counter.forget_one();
        }
    });
    fixture.assert_all_freed();
}

#[test]
fn what_nobody_takes_is_dropped_with_the_result() {
    let counter = DropCounter::default();
    leaves_nothing(AllocConfig::minimal(), |fixture| {
        let alloc = &fixture.alloc;
        for n in 0..10 {
            alloc.begin_frame();
            for policy in &ALL[..4] {
                drop(alloc.frame_retained(counter.make(n), *policy));
            }
            if n % 2 == 0 {
                drop(alloc.end_frame_with_promotions());
                assert_eq!(counter.alive(), 0);
            } else {
                let summary = alloc.end_frame_with_summary();
                assert_eq!((summary.count, counter.alive()), (4, 3), "the values stay to be taken");
            }
        }
        assert_eq!(alloc.scratch_pool("s").boxes(), 1);
    });
    assert_eq!(counter.alive(), 0, "the last ones go with the allocator");
}

// fa:allow(FA606): that it is safe after the end of its frame, and finds what it should, is what this shows
#[test]
fn every_reason_of_failure() {
    let counter = DropCounter::default();
    let fixture = Fixture::small();
    on_thread(|| {
        let alloc = &fixture.alloc;
        alloc.create_scratch_pool("full", 3 * size_of::<Counted>() / 2).unwrap();
        alloc.create_scratch_pool("tiny", 8).unwrap();
        alloc.begin_frame();
        drop(alloc.frame_retained_named("fits", counter.make(0), RetentionPolicy::PromoteToScratch("full")));
        drop(alloc.frame_retained_named("full", counter.make(1), RetentionPolicy::PromoteToScratch("full")));
        drop(alloc.frame_retained_named("large", counter.make(2), RetentionPolicy::PromoteToScratch("tiny")));
        let budgeted = alloc.tag_scope("tight");
        drop(alloc.frame_retained_named("budget", counter.make(3), RetentionPolicy::PromoteToPool));
        drop(alloc.frame_retained_named("heap", counter.make(4), RetentionPolicy::PromoteToHeap));
        let kept = alloc.frame_retained_named("alive", counter.make(5), RetentionPolicy::PromoteToPool);
        let live = alloc.tag_stats("tight").unwrap().frame.live_bytes as usize;
        alloc.set_tag_budget("tight", Budget::bytes(live).on_exceed(OnExceed::Fail));
        let mut result = alloc.end_frame_with_promotions();
        drop(budgeted);
        let reasons = result.summary.failures_by_reason;
        let expected = [
            (FailureReason::ScratchFull, 1),
            (FailureReason::TooLarge, 1),
            (FailureReason::BudgetExceeded, 2),
            (FailureReason::HandleAlive, 1),
            (FailureReason::OutOfMemory, 0),
        ];
        for (reason, count) in expected {
            assert_eq!(reasons.get(reason), count, "{reason:?} in {reasons:?}");
        }
        assert_eq!((reasons.total(), result.summary.failed_count), (5, 5));
        let failed: Vec<_> =
            result.promotions.failed().map(|entry| (entry.name, entry.failure.unwrap())).collect();
        assert_eq!(failed.len(), 5, "{failed:?}");
        for name in ["full", "large", "budget", "heap"] {
            assert!(result.promotions.take::<Counted>(name).is_none());
            let value = result.promotions.take_failed::<Counted>(name).unwrap();
            assert_eq!(place(&value), "refused");
        }
        assert_eq!(place(&result.promotions.take::<Counted>("fits").unwrap()), "scratch");
        assert!(result.promotions.take_failed::<Counted>("alive").is_none(), "its handle has it");
        kept.verify();
        assert_eq!(counter.alive(), 1);
        drop(kept);
        assert!(!fixture.reports(&FA609).is_empty());
    });
    assert_eq!(counter.alive(), 0);
    fixture.assert_all_freed();
}

#[test]
fn over_aligned_and_empty_values_are_promoted() {
    let alloc = SmartAlloc::with_defaults();
    let frame = alloc.frame();
    for policy in &ALL[1..4] {
        drop(frame.retain_named("line", Line([1; 64]), *policy));
        drop(frame.retain_named("page", Page([2; 4096]), *policy));
        drop(frame.retain_named("unit", (), *policy));
    }
    drop(frame);
    let mut promotions = alloc.take_promotions().promotions;
    for _ in 0..3 {
        let (line, page) =
            (promotions.take::<Line>("line").unwrap(), promotions.take::<Page>("page").unwrap());
        assert!(
            is_aligned(&*line) && is_aligned(&*page) && *line == Line([1; 64]) && *page == Page([2; 4096])
        );
        assert!(promotions.take::<()>("unit").is_some());
    }
    assert!(promotions.is_empty());
}

#[test]
fn promotions_may_be_taken_on_another_thread() {
    let counter = DropCounter::default();
    let fixture = Fixture::small();
    let alloc = &fixture.alloc;
    std::thread::scope(|scope| {
        for _ in 0..4 {
            let counter = &counter;
            scope.spawn(move || {
                for n in 0..200 {
                    let frame = alloc.frame();
                    drop(frame.retain_named("w", counter.make(n), RetentionPolicy::PromoteToPool));
                }
            });
        }
        let mut taken = 0;
        while taken < 800 {
            let mut result = alloc.take_promotions();
            while let Some(value) = result.promotions.take::<Counted>("w") {
                value.verify();
                taken += 1;
            }
            std::thread::yield_now();
        }
    });
    assert_eq!((counter.made(), counter.alive()), (800, 0));
}

#[test]
fn systems_retain_by_attribute() {
    #[frame_system(tag = "retention/system")]
    fn build(alloc: &SmartAlloc, counter: &DropCounter) -> u64 {
        #[retain(PromoteToPool, name = "grid")]
        let mut grid = counter.make(1);
        #[retain(PromoteToHeap)]
        let mesh = counter.make(2);
        #[retain(Discard)]
        let gone = counter.make(3);
        grid.verify();
        grid.get_mut().verify();
        mesh.payload + gone.payload
    }
    let counter = DropCounter::default();
    leaves_nothing(AllocConfig::minimal(), |fixture| {
        let alloc = &fixture.alloc;
        assert_eq!(build(alloc, &counter), 5);
        let mut result = alloc.take_promotions();
        assert_eq!((result.summary.count, counter.alive()), (3, 2));
        assert_eq!(&*result.summary.by_tag[0].name, "retention/system", "promoted under the system's tag");
        let grid = result.promotions.take::<Counted>("grid").unwrap();
        let mesh = result.promotions.take::<Counted>("mesh").unwrap();
        assert_eq!((place(&grid), place(&mesh)), ("pool", "heap"));
        assert_eq!(alloc.tag_stats("retention/system").unwrap().pool.live_objects, 1);
    });
    assert_eq!(counter.alive(), 0);
}

#[test]
fn importance_stands_for_a_policy() {
    let alloc = SmartAlloc::with_defaults();
    alloc.begin_frame();
    for (n, importance) in
        [Importance::Ephemeral, Importance::Reusable, Importance::Persistent, Importance::Scratch("s")]
            .into_iter()
            .enumerate()
    {
        assert_eq!(alloc.frame_with_importance(n, importance).policy(), ALL[n]);
    }
    let summary = alloc.end_frame_with_promotions().summary;
    let bytes = [summary.discarded_bytes, summary.promoted_pool_bytes, summary.promoted_heap_bytes];
    assert_eq!((bytes, summary.promoted_scratch_bytes), ([8; 3], 8));
}

#[test]
fn promotions_keep_the_order_of_declaration() {
    let alloc = SmartAlloc::with_defaults();
    alloc.begin_frame();
    let retain = |name| drop(alloc.frame_retained_named(name, 1_u8, RetentionPolicy::PromoteToHeap));
    retain("first");
    let checkpoint = alloc.frame_checkpoint();
    retain("second");
    alloc.commit(&checkpoint).unwrap();
    retain("third");
    let checkpoint = alloc.frame_checkpoint();
    retain("fourth");
    alloc.commit(&checkpoint).unwrap();
    let result = alloc.end_frame_with_promotions();
    let names: Vec<_> = result.promotions.iter().map(|entry| entry.name).collect();
    assert_eq!(names.len(), 4);
    assert_eq!(names, ["first", "second", "third", "fourth"]);
}
