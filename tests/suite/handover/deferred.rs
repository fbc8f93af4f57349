//! Destructors that run at their moment, on the thread that drives frames.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Barrier, mpsc};
use std::thread;

use framealloc::{
    AllocError, Budget, DeferredConfig, DeferredProcessing, OnExceed, QueueFullPolicy, SmartAlloc,
};
use framealloc_tests::layouts::{Nothing, Page};
use framealloc_tests::{DropCounter, Fixture, caught, on_thread};

use super::{Log, on_drop};

pub(super) fn configure(alloc: &SmartAlloc, processing: DeferredProcessing) {
    alloc.configure_deferred(DeferredConfig::default().with_processing(processing)).unwrap();
}

/// One value deferred on each of two threads.
fn defer_elsewhere(alloc: &SmartAlloc, log: &Log) {
    thread::scope(|scope| {
        scope.spawn(|| alloc.defer_drop(log.value(1))).join().unwrap();
        let boxed = alloc.deferred_box(log.value(2));
        assert_eq!(boxed.0, 2);
        scope.spawn(|| drop(boxed)).join().unwrap();
    });
}

#[test]
fn each_moment_is_kept() {
    for (processing, moment) in [
        (DeferredProcessing::AtFrameEnd, 0),
        (DeferredProcessing::AtFrameBegin, 1),
        (DeferredProcessing::Explicit, 2),
    ] {
        let log = Log::default();
        let fixture = Fixture::small();
        let alloc = &fixture.alloc;
        configure(alloc, processing);
        assert_eq!(alloc.deferred_config(), DeferredConfig::default().with_processing(processing));
        alloc.begin_frame();
        defer_elsewhere(alloc, &log);
        let mut seen = vec![];
        let moments: [&dyn Fn(); 3] =
            [&|| alloc.end_frame(), &|| alloc.begin_frame(), &|| assert_eq!(alloc.process_deferred(), 2)];
        for run in &moments[..=moment] {
            assert!(log.numbers().is_empty());
            run();
            seen = log.numbers();
        }
        assert_eq!((seen, log.all_here()), (vec![1, 2], true), "{processing:?}");
        let stats = alloc.deferred_stats();
        assert_eq!((stats.deferred, stats.processed, stats.pending, stats.peak_pending), (2, 2, 0, 2));
        assert_eq!(alloc.pool_stats().live_objects, 0);
    }
}

#[test]
fn increments_are_small_and_in_order() {
    let log = Log::default();
    let fixture = Fixture::small();
    let alloc = &fixture.alloc;
    configure(alloc, DeferredProcessing::Incremental(3));
    (0..7).for_each(|n| alloc.defer_drop(log.value(n)));
    for done in [3, 6, 7, 7] {
        alloc.begin_frame();
        alloc.end_frame();
        assert_eq!(log.numbers(), (0..done).collect::<Vec<_>>());
    }
    (0..5).for_each(|n| alloc.defer_drop(log.value(n)));
    assert_eq!(
        (alloc.process_deferred_up_to(2), alloc.process_deferred(), alloc.process_deferred()),
        (2, 3, 0)
    );
}

#[test]
fn without_settings_the_end_of_the_frame_it_is() {
    let log = Log::default();
    let fixture = Fixture::small();
    let alloc = &fixture.alloc;
    alloc.begin_frame();
    alloc.defer_drop(log.value(1));
    assert!(log.numbers().is_empty());
    alloc.end_frame_with_summary();
    alloc.begin_frame();
    alloc.defer_drop(log.value(2));
    drop(alloc.end_frame_with_promotions());
    assert_eq!(log.numbers(), [1, 2]);
}

#[test]
fn only_the_outermost_frame_of_the_driving_thread_processes() {
    let log = Log::default();
    let fixture = Fixture::small();
    let alloc = &fixture.alloc;
    alloc.begin_frame();
    alloc.defer_drop(log.value(1));
    on_thread(|| {
        alloc.begin_frame();
        alloc.end_frame();
    });
    alloc.begin_frame();
    alloc.end_frame();
    assert!(log.numbers().is_empty(), "a worker's frame and a nested one are not it");
    alloc.end_frame();
    assert_eq!(log.numbers(), [1]);
}

#[test]
fn what_settings_cannot_work_is_named() {
    let alloc = SmartAlloc::with_defaults();
    let refused = |config: DeferredConfig| alloc.configure_deferred(config).unwrap_err().to_string();
    assert!(refused(DeferredConfig::default().with_max_queue_depth(0)).contains("`max_queue_depth` is 0"));
    let zero = DeferredConfig::default().with_processing(DeferredProcessing::Incremental(0));
    assert!(refused(zero).contains("Explicit"));
    assert_eq!(alloc.deferred_config(), DeferredConfig::default());
}

#[test]
fn awkward_values_wait_in_the_pool_under_their_tag() {
    let fixture = Fixture::small();
    let alloc = &fixture.alloc;
    let _tag = alloc.tag_scope("late");
    alloc.defer_drop(Nothing);
    alloc.defer_drop(Box::new(Page([1; 4096])));
    alloc.defer_drop(Page([1; 4096]));
    let boxed = alloc.deferred_box([1_u8; 1 << 17]);
    let pool = || alloc.tag_stats("late").unwrap().pool;
    assert_eq!(pool().live_objects, 4);
    assert!(pool().live_bytes > 4096 + (1 << 17));
    drop(boxed);
    assert_eq!((alloc.process_deferred(), pool().live_bytes), (4, 0));
}

#[test]
fn a_box_gives_its_value_back() {
    let log = Log::default();
    let fixture = Fixture::small();
    let mut boxed = fixture.alloc.deferred_box((log.value(1), 5));
    boxed.1 += 1;
    let value = boxed.into_inner();
    assert_eq!((value.1, fixture.alloc.deferred_stats().deferred), (6, 0));
    drop(value);
    assert_eq!((log.numbers(), fixture.alloc.pool_stats().live_objects), (vec![1], 0));
}

#[test]
fn refused_memory_hands_the_value_back_or_runs_it() {
    let log = Log::default();
    let fixture = Fixture::small();
    let alloc = &fixture.alloc;
    alloc.set_tag_budget("small", Budget::bytes(16).on_exceed(OnExceed::Fail));
    let _tag = alloc.tag_scope("small");
    let refused = alloc.try_defer_drop(log.value(1)).unwrap_err();
    assert!(matches!(refused.error, AllocError::BudgetExceeded { .. }));
    assert_eq!((refused.value.0, log.numbers()), (1, vec![]));
    assert!(alloc.try_deferred_box(refused.value).is_err());
    alloc.defer_drop(log.value(2));
    assert_eq!(log.numbers(), [1, 2]);
    let stats = alloc.deferred_stats();
    assert_eq!((stats.refused, stats.immediate, stats.deferred), (1, 1, 0));
}

#[test]
fn no_memory_hands_the_value_back() {
    let counter = DropCounter::default();
    let fixture = Fixture::small();
    let alloc = &fixture.alloc;
    on_thread(|| {
        let mut handed_back = 0;
        for nth in 0..300 {
            // Larger than what is left of the page, now and then.
            fixture.backend.fail(0, u64::MAX);
            let deferred = alloc.try_defer_drop((counter.make(nth), [nth; 100]));
            fixture.backend.heal();
            if let Err(refused) = deferred {
                assert!(matches!(refused.error, AllocError::OutOfMemory { .. }));
                refused.value.0.verify();
                handed_back += 1;
                drop(refused);
                alloc.defer_drop((counter.make(nth), [nth; 100]));
            }
        }
        let stats = alloc.deferred_stats();
        assert_eq!((stats.refused, stats.pending), (handed_back, 300));
        assert!((1..20).contains(&handed_back), "a new page now and then: {handed_back}");
        assert_eq!((alloc.process_deferred(), counter.alive()), (300, 0));
    });
    fixture.assert_all_freed();
}

#[test]
fn the_next_thread_that_drives_runs_what_the_last_one_left() {
    let log = Log::default();
    let fixture = Fixture::small();
    let alloc = &fixture.alloc;
    on_thread(|| {
        alloc.begin_frame();
        alloc.defer_drop(log.value(1));
    });
    assert!(log.numbers().is_empty());
    alloc.begin_frame();
    alloc.end_frame();
    assert_eq!((log.numbers(), log.all_here()), (vec![1], true));
}

#[test]
fn panicking_destructors_do_not_stop_the_others() {
    let counter = DropCounter::default();
    let fixture = Fixture::small();
    let alloc = &fixture.alloc;
    for processing in [DeferredProcessing::AtFrameEnd, DeferredProcessing::AtFrameBegin] {
        configure(alloc, processing);
        alloc.begin_frame();
        (0..10).for_each(|n| alloc.defer_drop(counter.make(n)));
        counter.panic_every(3);
        let text = caught(|| {
            alloc.end_frame();
            alloc.begin_frame();
        });
        counter.panic_every(0);
        assert!(text.contains("panics"), "{text}");
        assert_eq!(counter.alive(), 0);
        assert_eq!(alloc.is_frame_active(), processing == DeferredProcessing::AtFrameBegin);
        if alloc.is_frame_active() {
            alloc.end_frame();
        }
    }
    let stats = alloc.deferred_stats();
    assert_eq!((stats.processed, stats.pending, stats.panics), (20, 0, 6));
    assert_eq!((fixture.codes(), alloc.pool_stats().live_objects), (vec![], 0));
}

#[test]
fn a_frame_that_ends_while_unwinding_passes_no_panic_on() {
    let fixture = Fixture::small();
    let alloc = &fixture.alloc;
    let text = caught(|| {
        alloc.begin_frame();
        alloc.defer_drop(on_drop(|| panic!("in a destructor")));
        let _end = on_drop(|| alloc.end_frame());
        panic!("in the frame");
    });
    assert_eq!((text.as_str(), alloc.deferred_stats().panics), ("in the frame", 1));
    assert!(!alloc.is_frame_active());
}

#[test]
fn what_a_destructor_defers_waits_for_the_next_moment() {
    let runs = Arc::new(AtomicU64::new(0));
    fn again(alloc: &SmartAlloc, runs: &Arc<AtomicU64>) {
        let (next, runs) = (alloc.clone(), Arc::clone(runs));
        alloc.defer_drop(on_drop(move || {
            runs.fetch_add(1, Ordering::SeqCst);
            assert_eq!(next.process_deferred(), 0, "not inside one of them");
            if runs.load(Ordering::SeqCst) < 5 {
                again(&next, &runs);
            }
        }));
    }
    let fixture = Fixture::small();
    again(&fixture.alloc, &runs);
    for done in [1, 2, 3, 4, 5, 5] {
        fixture.alloc.begin_frame();
        fixture.alloc.end_frame();
        assert_eq!(runs.load(Ordering::SeqCst), done);
    }
    let Fixture { alloc, backend, .. } = fixture;
    on_thread(|| drop(alloc));
    assert!(backend.counts().live_blocks > 0, "this thread's heap is still there");
}

#[test]
fn destructors_that_end_and_begin_frames() {
    let log = Log::default();
    let fixture = Fixture::small().unlimited();
    let alloc = &fixture.alloc;
    for restart in [false, true] {
        alloc.begin_frame();
        let (other, log) = (alloc.clone(), log.clone());
        alloc.defer_drop(on_drop(move || {
            drop(other.frame_box([1_u8; 100]));
            other.end_frame();
            if restart {
                other.begin_frame();
                drop(other.frame_box([1_u8; 100]));
            }
            drop(log.value(1));
        }));
        alloc.defer_drop(log_value_of_a_frame(alloc));
        alloc.end_frame();
        assert!(!alloc.is_frame_active());
    }
    assert_eq!(log.numbers(), [1, 1]);
    assert_eq!(fixture.codes(), ["FA002"], "the frame that a destructor ended was ended again");
    alloc.begin_frame();
    assert_eq!(*alloc.frame_box(5), 5);
    alloc.end_frame();
    assert_eq!(alloc.stats().total.frame.live_bytes, 0);
}

/// A value whose destructor uses a scoped frame, a tag and the pool.
fn log_value_of_a_frame(alloc: &SmartAlloc) -> impl Send + use<> {
    let alloc = alloc.clone();
    on_drop(move || {
        let frame = alloc.frame();
        let _tag = alloc.tag_scope("destructor");
        let sum: u64 = frame.slice_from_fn(1000, |n| n as u64).iter().sum();
        assert_eq!(*alloc.pool_box(sum), 499_500);
    })
}

#[test]
fn two_allocators_defer_in_each_others_destructors() {
    let log = Log::default();
    let (one, two) = (Fixture::small(), Fixture::small());
    let policy = DeferredConfig::default().with_max_queue_depth(1).with_policy(QueueFullPolicy::DropOldest);
    for fixture in [&one, &two] {
        fixture.alloc.configure_deferred(policy).unwrap();
    }
    for n in 0..50 {
        let (other, log) = (two.alloc.clone(), log.clone());
        one.alloc.defer_drop(on_drop(move || other.defer_drop(log.value(n))));
    }
    one.alloc.process_deferred();
    two.alloc.process_deferred();
    let mut numbers = log.numbers();
    numbers.sort_unstable();
    assert_eq!(numbers, (0..50).collect::<Vec<_>>());
    for fixture in [one, two] {
        assert_eq!(fixture.alloc.pool_stats().live_objects, 0);
    }
}

#[test]
fn what_is_pending_when_the_allocator_goes_runs() {
    let counter = DropCounter::default();
    let fixture = Fixture::small();
    let backend = Arc::clone(&fixture.backend);
    let boxes = on_thread(|| {
        (0..5).for_each(|n| fixture.alloc.defer_drop(counter.make(n)));
        (fixture.alloc.deferred_box(counter.make(5)), fixture.alloc.deferred_box(counter.make(6)))
    });
    drop(fixture);
    assert_eq!(boxes.0.payload, 5, "a box keeps its allocator");
    drop(boxes.0);
    assert_eq!(counter.alive(), 7);
    counter.panic_every(2);
    drop(boxes.1);
    assert_eq!(counter.alive(), 0, "also those behind a destructor that panics");
    assert_eq!(backend.counts().live_blocks, 0);
}

#[test]
fn a_value_that_holds_the_allocator_lets_go_of_it() {
    let counter = DropCounter::default();
    let fixture = Fixture::small();
    let backend = Arc::clone(&fixture.backend);
    on_thread(move || {
        let held = (fixture.alloc.clone(), counter.make(1));
        fixture.alloc.defer_drop(held);
        assert_eq!(fixture.alloc.process_deferred(), 1);
        // The last clone of one allocator goes in a destructor of another.
        let other = Fixture::small();
        other.alloc.defer_drop(on_drop(move || drop(fixture)));
        other.alloc.process_deferred();
        assert_eq!(counter.alive(), 0);
    });
    assert_eq!(backend.counts().live_blocks, 0);
}

thread_local! {
    static LATE: std::cell::RefCell<Vec<Box<dyn std::any::Any>>> = const { std::cell::RefCell::new(Vec::new()) };
}

#[test]
fn boxes_dropped_in_thread_local_destructors() {
    let counter = DropCounter::default();
    let fixture = Fixture::small();
    fixture.alloc.begin_frame();
    for n in 0..20 {
        let alloc = &fixture.alloc;
        on_thread(|| {
            if n % 2 == 0 {
                LATE.with(|_| ());
            }
            let boxed = alloc.deferred_box(counter.make(n));
            let (again, counter) = (alloc.clone(), counter.clone());
            let late = on_drop(move || again.defer_drop(counter.make(n)));
            LATE.with_borrow_mut(|held| {
                held.extend([Box::new(boxed) as Box<dyn std::any::Any>, Box::new(late)])
            });
        });
    }
    assert_eq!((counter.alive(), fixture.alloc.deferred_stats().pending), (40, 40));
    fixture.alloc.end_frame();
    assert_eq!(counter.alive(), 0);
}

#[test]
fn threads_defer_while_the_driver_processes() {
    let counter = DropCounter::default();
    let fixture = Fixture::small();
    let alloc = &fixture.alloc;
    let start = Barrier::new(4);
    let (send, done) = mpsc::channel::<()>();
    thread::scope(|scope| {
        for id in 0..3_u64 {
            let (start, counter, send) = (&start, &counter, send.clone());
            scope.spawn(move || {
                start.wait();
                let kept: Vec<_> =
                    (0..200).map(|n| alloc.deferred_box(counter.make(id * 1000 + n))).collect();
                (0..200).for_each(|n| alloc.defer_drop(counter.make(id * 1000 + n)));
                kept.into_iter().rev().for_each(drop);
                drop(send);
            });
        }
        drop(send);
        start.wait();
        while done.try_recv() != Err(mpsc::TryRecvError::Disconnected) {
            alloc.begin_frame();
            alloc.end_frame();
            thread::yield_now();
        }
    });
    alloc.process_deferred();
    let stats = alloc.deferred_stats();
    assert_eq!((stats.deferred, stats.processed, counter.alive()), (1200, 1200, 0));
}
