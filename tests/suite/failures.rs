//! The backend fails at the nth request, for every n: nothing is lost, and the allocator goes on.

use std::panic::{AssertUnwindSafe, catch_unwind};

use framealloc::{AllocError, Budget, OnExceed, RetentionPolicy, SmartAlloc, frame_system};
use framealloc_tests::{Counted, DropCounter, Fixture, fail_at_each_request, on_thread, panic_text};

/// Counts what was refused, and accepts nothing but refusals.
#[derive(Default)]
struct Refusals(u64);

impl Refusals {
    /// The value, unless memory was refused.
    fn of<T>(&mut self, result: Result<T, AllocError>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(AllocError::OutOfMemory { .. }) => {
                self.0 += 1;
                None
            }
            Err(other) => panic!("{other}"),
        }
    }

    /// The value, unless `work` panicked because memory was refused.
    fn caught<T>(&mut self, work: impl FnOnce() -> T) -> Option<T> {
        match catch_unwind(AssertUnwindSafe(work)) {
            Ok(value) => Some(value),
            Err(payload) => {
                let text = panic_text(&*payload);
                assert!(text.starts_with("out of memory"), "{text}");
                self.0 += 1;
                None
            }
        }
    }
}

#[frame_system(tag = "failures/system", budget = "64KB", on_exceed = "fail", frame = frame)]
fn system(alloc: &SmartAlloc, counter: &DropCounter) -> Option<u64> {
    #[frame_local]
    let mut list: Vec<u64>;
    for n in 0..2000 {
        list.try_push(n).ok()?;
    }
    let values = frame.try_slice_from_fn(100, |n| n as u64).ok()?;
    let kept = frame.try_retain_named("system", counter.make(1), RetentionPolicy::PromoteToPool).ok()?;
    kept.verify();
    Some(list.iter().sum::<u64>() + values[99])
}

// fa:allow(FA601): what becomes of a handle that outlives its frame is what this shows
/// A bit of everything.
fn program(alloc: &SmartAlloc, counter: &DropCounter, refusals: &mut Refusals) {
    let tags = ["a", "a/b", "c", "d", "e"];
    for round in 0..3_u64 {
        let begun = refusals.caught(|| alloc.begin_frame()).is_some();
        let guard = refusals.caught(|| alloc.tag_scope(tags[round as usize]));
        let phase = refusals.caught(|| alloc.phase_scope("update"));
        if let Some(frame) = refusals.of(alloc.try_frame()) {
            for tag in tags {
                let guard = refusals.caught(|| alloc.tag_scope(tag));
                if let Some(block) = refusals.of(frame.try_alloc([round; 40])) {
                    assert_eq!(block, &[round; 40]);
                }
                drop(guard);
            }
            let child = refusals.of(frame.try_child());
            let mut vec = frame.vec();
            for n in 0..3000_u64 {
                if refusals.of(vec.try_push(n)).is_none() {
                    break;
                }
            }
            assert!(vec.iter().copied().eq(0..vec.len() as u64));
            let mut map = frame.map();
            for n in 0..200_u64 {
                if refusals.of(map.try_insert(n, n)).is_none() {
                    break;
                }
            }
            assert!((0..map.len() as u64).all(|n| map.get(&n) == Some(&n)));
            let boxed: Vec<_> =
                (0..10).filter_map(|n| refusals.of(frame.try_boxed(counter.make(n)))).collect();
            boxed.iter().for_each(|boxed| boxed.verify());
            refusals.caught(|| frame.speculate(|child| Ok::<_, ()>(child.slice_from_fn(600, |n| n).len())));
            refusals.of(frame.try_speculate(|child| {
                child.try_slice_from_fn(600, |n| n).map(|values| counter.make(values.len() as u64))
            }));
            match frame.try_retain_named("kept", counter.make(round), RetentionPolicy::PromoteToHeap) {
                Ok(kept) => kept.verify(),
                Err((value, error)) => {
                    value.verify();
                    refusals.of::<()>(Err(error));
                }
            }
            drop(child);
        }
        let mut held = Vec::new();
        for n in 0..30 {
            held.extend(refusals.of(alloc.try_frame_box(counter.make(n))));
        }
        if let Some(checkpoint) = refusals.of(alloc.try_frame_checkpoint()) {
            drop(refusals.of(alloc.try_frame_slice::<u64>(700)));
            alloc.rollback_to(&checkpoint).unwrap();
        }
        let quarantined = refusals.of(alloc.try_frame_box(counter.make(9)));
        for (name, policy) in [
            ("pool", RetentionPolicy::PromoteToPool),
            ("heap", RetentionPolicy::PromoteToHeap),
            ("scratch", RetentionPolicy::PromoteToScratch("s")),
        ] {
            drop(alloc.try_frame_retained_named(name, counter.make(1), policy));
        }
        let mut objects = Vec::new();
        for n in 0..40 {
            objects.extend(refusals.of(alloc.try_pool_box(counter.make(n))));
        }
        let large = refusals.of(alloc.try_pool_box([round; 6000]));
        let heap: Vec<_> = (0..5).filter_map(|n| refusals.of(alloc.try_heap_box(counter.make(n)))).collect();
        let mut typed = alloc.typed_pool::<Counted>();
        for n in 0..20 {
            refusals.of(typed.try_insert(counter.make(n)));
        }
        refusals.of(alloc.scratch_pool("s").boxed(counter.make(1)));
        refusals.caught(|| system(alloc, counter));
        alloc.stats();
        objects.iter().for_each(|object| object.verify());
        assert!(large.is_none_or(|large| *large == [round; 6000]));
        drop((held, heap, typed, phase, guard));
        if begun {
            alloc.end_frame();
        }
        drop(quarantined);
        let mut result = alloc.take_promotions();
        while result.promotions.take::<Counted>("heap").is_some() {}
    }
}

/// Runs the program with failures from the `nth` request on; returns how many requests failed.
fn run(nth: u64, count: u64) -> u64 {
    let fixture = Fixture::small();
    let counter = DropCounter::default();
    let failed = on_thread(|| {
        let (alloc, backend) = (&fixture.alloc, &fixture.backend);
        alloc.set_tag_budget("a", Budget::bytes(1 << 20).on_exceed(OnExceed::Fail));
        let mut refusals = Refusals::default();
        backend.fail(nth, count);
        program(alloc, &counter, &mut refusals);
        backend.heal();
        let failed = backend.failed();
        // A refusal may be made good by a smaller chunk, or be that of a mere record.
        assert!(failed > 0 || refusals.0 == 0, "{} refusals without a failure", refusals.0);
        let mut none = Refusals::default();
        program(alloc, &counter, &mut none);
        assert_eq!(none.0, 0, "it works again");
        alloc.end_frame();
        drop(alloc.take_promotions());
        drop(alloc.scratch_registry().remove("s"));
        let stats = alloc.stats();
        assert_eq!(stats.total.live_bytes(), 0, "{:?}", stats.total);
        assert_eq!(alloc.tag_budget("a").unwrap().used, 0);
        failed
    });
    assert_eq!(counter.alive(), 0, "values lost at request {nth}");
    fixture.assert_all_freed();
    failed
}

#[test]
fn one_failure_at_each_request() {
    fail_at_each_request(40, |nth| run(nth, 1));
}

#[test]
fn no_memory_from_each_request_on() {
    fail_at_each_request(40, |nth| run(nth, u64::MAX));
}

#[test]
fn every_second_request_fails() {
    let fixture = Fixture::small();
    let counter = DropCounter::default();
    on_thread(|| {
        let mut refusals = Refusals::default();
        for _ in 0..50 {
            fixture.backend.fail(1, 1);
            program(&fixture.alloc, &counter, &mut refusals);
        }
        fixture.backend.heal();
        fixture.alloc.end_frame();
        drop(fixture.alloc.take_promotions());
        drop(fixture.alloc.scratch_registry().remove("s"));
        assert_eq!(fixture.alloc.stats().total.live_bytes(), 0);
    });
    assert_eq!(counter.alive(), 0);
    fixture.assert_all_freed();
}

#[test]
fn a_thread_without_any_memory_can_end() {
    let fixture = Fixture::small();
    on_thread(|| {
        let alloc = &fixture.alloc;
        fixture.backend.fail(0, u64::MAX);
        assert!(alloc.try_frame().is_err() && alloc.try_frame_box(1).is_err());
        assert!(alloc.try_pool_box(1).is_err() && alloc.try_heap_box(1).is_err());
        assert!(alloc.try_frame_checkpoint().is_err() && alloc.scratch_pool("s").boxed(1).is_err());
        assert!(alloc.try_frame_box(()).is_err(), "an ambient handle needs its frame, whatever is in it");
        alloc.end_frame();
        alloc.stats();
        alloc.shrink_pool();
    });
    fixture.backend.heal();
    on_thread(|| assert_eq!(*fixture.alloc.frame_box(3), 3));
    fixture.assert_all_freed();
}

#[test]
fn a_failed_begin_frame_did_not_begin() {
    let fixture = Fixture::small();
    on_thread(|| {
        let alloc = &fixture.alloc;
        fixture.backend.fail(0, u64::MAX);
        assert!(framealloc_tests::caught(|| alloc.begin_frame()).contains("out of memory"));
        assert_eq!((alloc.frame_number(), alloc.is_frame_active()), (0, false));
        fixture.backend.heal();
        alloc.begin_frame();
        assert_eq!((alloc.frame_number(), alloc.is_frame_active()), (1, true));
        alloc.end_frame();
        assert!(fixture.ring.recent().is_empty());
    });
    fixture.assert_all_freed();
}

#[test]
fn promotions_that_find_no_memory_give_the_value_back() {
    let counter = DropCounter::default();
    let fixture = Fixture::small();
    on_thread(|| {
        let alloc = &fixture.alloc;
        alloc.begin_frame();
        for (name, policy) in [
            ("pool", RetentionPolicy::PromoteToPool),
            ("heap", RetentionPolicy::PromoteToHeap),
            ("scratch", RetentionPolicy::PromoteToScratch("s")),
        ] {
            drop(alloc.frame_retained_named(name, counter.make(1), policy));
        }
        fixture.backend.fail(0, u64::MAX);
        let mut result = alloc.end_frame_with_promotions();
        assert_eq!((result.summary.failed_count, result.summary.failures_by_reason.out_of_memory), (3, 3));
        for name in ["pool", "heap", "scratch"] {
            assert!(result.promotions.take::<Counted>(name).is_none());
            let value = result.promotions.take_failed::<Counted>(name).expect("it comes back");
            assert!(matches!(value, framealloc::Promoted::Refused(_)));
            value.verify();
        }
        assert_eq!(counter.alive(), 0);
    });
}
