//! What happens when the deferred queue is full.

use std::cell::Cell;
use std::thread;
use std::time::{Duration, Instant};

use framealloc::diagnostics::{FA211, Severity, Strict};
use framealloc::{AllocError, DeferredConfig, DeferredProcessing, QueueFullPolicy, SmartAlloc};
use framealloc_tests::{DropCounter, Fixture, caught};

use super::{Log, on_drop};

fn full_at(depth: usize, policy: QueueFullPolicy) -> DeferredConfig {
    DeferredConfig::default().with_max_queue_depth(depth).with_policy(policy)
}

/// An allocator with a queue that is full, and where its values go.
fn full(policy: QueueFullPolicy) -> (Fixture, Log) {
    let (fixture, log) = (Fixture::small(), Log::default());
    fixture.alloc.configure_deferred(full_at(3, policy)).unwrap();
    (0..3).for_each(|n| fixture.alloc.defer_drop(log.value(n)));
    assert!(log.numbers().is_empty());
    (fixture, log)
}

/// The numbers that `DeferredStats` says add up.
fn assert_sums(alloc: &SmartAlloc) {
    let stats = alloc.deferred_stats();
    assert_eq!(stats.deferred, stats.processed + stats.early + stats.pending, "{stats:?}");
}

#[test]
fn the_oldest_runs_at_once() {
    let (fixture, log) = full(QueueFullPolicy::DropOldest);
    fixture.alloc.defer_drop(log.value(3));
    assert_eq!(log.numbers(), [0]);
    drop(fixture.alloc.deferred_box(log.value(4)));
    fixture.alloc.try_defer_drop(log.value(5)).unwrap();
    assert_eq!(log.numbers(), [0, 1, 2]);
    let stats = fixture.alloc.deferred_stats();
    assert_eq!((stats.pending, stats.peak_pending, stats.early), (3, 4, 3));
    assert_sums(&fixture.alloc);
    fixture.alloc.process_deferred();
    assert_eq!(log.numbers(), [0, 1, 2, 3, 4, 5]);
}

#[test]
fn the_new_one_runs_at_once() {
    let (fixture, log) = full(QueueFullPolicy::ProcessNow);
    fixture.alloc.defer_drop(log.value(3));
    drop(fixture.alloc.deferred_box(log.value(4)));
    assert_eq!(log.numbers(), [3, 4]);
    fixture.alloc.process_deferred();
    let stats = fixture.alloc.deferred_stats();
    assert_eq!((log.numbers(), stats.immediate, stats.deferred), (vec![3, 4, 0, 1, 2], 2, 3));
    assert_sums(&fixture.alloc);
}

#[test]
fn the_queue_grows() {
    let (fixture, log) = full(QueueFullPolicy::Grow);
    (3..100).for_each(|n| fixture.alloc.defer_drop(log.value(n)));
    let stats = fixture.alloc.deferred_stats();
    assert_eq!((log.numbers(), stats.pending, stats.peak_pending, stats.grown), (vec![], 100, 100, 97));
    assert_eq!(fixture.alloc.process_deferred(), 100);
    assert_sums(&fixture.alloc);
}

#[test]
fn the_value_comes_back() {
    let (fixture, log) = full(QueueFullPolicy::Fail);
    let refused = fixture.alloc.try_defer_drop(log.value(3)).unwrap_err();
    assert_eq!((refused.value.0, &refused.error), (3, &AllocError::CapacityExceeded { capacity: 3 }));
    assert_eq!(refused.to_string(), "the value was not deferred: full: the capacity is 3");
    assert!(log.numbers().is_empty());
    drop(refused);
    // Nobody can take these back.
    drop(fixture.alloc.deferred_box(log.value(4)));
    fixture.alloc.defer_drop(log.value(5));
    let stats = fixture.alloc.deferred_stats();
    assert_eq!((log.numbers(), stats.refused, stats.immediate, stats.pending), (vec![3, 4, 5], 1, 2, 3));
    assert_eq!((fixture.alloc.process_deferred(), fixture.alloc.pool_stats().live_objects), (3, 0));
}

#[test]
fn a_blocked_thread_gets_room_from_the_driver() {
    let (fixture, log) = full(QueueFullPolicy::Block);
    let alloc = &fixture.alloc;
    alloc
        .configure_deferred(full_at(3, QueueFullPolicy::Block).with_block_timeout(Duration::from_secs(600)))
        .unwrap();
    alloc.begin_frame();
    alloc.end_frame();
    (0..3).for_each(|n| alloc.defer_drop(log.value(n + 10)));
    alloc.begin_frame();
    thread::scope(|scope| {
        let workers: Vec<_> = (0..4_u32)
            .map(|id| {
                let log = &log;
                scope.spawn(move || (0..5).for_each(|n| alloc.defer_drop(log.value(100 * id + n))))
            })
            .collect();
        while !workers.iter().all(|worker| worker.is_finished()) {
            alloc.end_frame();
            alloc.begin_frame();
            thread::sleep(Duration::from_millis(1));
        }
    });
    alloc.end_frame();
    let stats = alloc.deferred_stats();
    assert!(log.all_here(), "every destructor ran on the driving thread");
    assert_eq!((log.numbers().len(), stats.processed, stats.early), (26, 26, 0));
    assert!(stats.blocked > 0 && stats.block_timeouts == 0 && !stats.longest_block.is_zero(), "{stats:?}");
    assert!(stats.peak_pending <= 3, "{stats:?}");
    assert_sums(alloc);
}

#[test]
fn the_driver_makes_room_for_itself() {
    let (fixture, log) = full(QueueFullPolicy::Block);
    let alloc = &fixture.alloc;
    alloc
        .configure_deferred(full_at(3, QueueFullPolicy::Block).with_block_timeout(Duration::from_secs(600)))
        .unwrap();
    // Nobody has processed so far, then this thread has.
    for round in 0..2 {
        alloc.begin_frame();
        (0..10).for_each(|n| alloc.defer_drop(log.value(n)));
        assert_eq!(alloc.deferred_stats().blocked, 0, "round {round}");
        alloc.end_frame();
    }
    let stats = alloc.deferred_stats();
    assert_eq!((stats.early, stats.processed, log.numbers().len()), (17, 6, 23));
    assert_sums(alloc);
}

#[test]
fn a_thread_that_the_driver_waits_for_does_not_hang() {
    let (fixture, log) = full(QueueFullPolicy::Block);
    let alloc = &fixture.alloc;
    let config = full_at(3, QueueFullPolicy::Block).with_block_timeout(Duration::from_millis(5));
    alloc.configure_deferred(config).unwrap();
    alloc.process_deferred();
    let start = Instant::now();
    thread::scope(|scope| _ = scope.spawn(|| (10..15).for_each(|n| alloc.defer_drop(log.value(n)))));
    assert!(start.elapsed() >= Duration::from_millis(10));
    let stats = alloc.deferred_stats();
    assert_eq!((log.numbers(), stats.pending, stats.early), (vec![0, 1, 2, 10, 11], 3, 2));
    assert_eq!((stats.blocked, stats.block_timeouts), (2, 2));
    assert!(stats.longest_block >= Duration::from_millis(5));
    let reports = fixture.reports(&FA211);
    assert_eq!((reports.len(), reports[0].severity), (1, Severity::Warning), "once");
    assert!(reports[0].message.starts_with("3 deferred values are pending"), "{}", reports[0].message);
    assert_sums(alloc);
}

#[test]
fn strict_mode_panics_after_the_room_was_made() {
    let log = Log::default();
    let fixture = Fixture::strict(Strict::Warnings);
    let alloc = &fixture.alloc;
    let config = full_at(1, QueueFullPolicy::Block).with_block_timeout(Duration::from_millis(1));
    alloc.configure_deferred(config).unwrap();
    alloc.process_deferred();
    alloc.defer_drop(log.value(0));
    let text =
        thread::scope(|scope| scope.spawn(|| caught(|| alloc.defer_drop(log.value(1)))).join().unwrap());
    assert!(text.contains("FA211"), "{text}");
    assert_eq!((log.numbers(), alloc.deferred_stats().pending), (vec![0], 1));
}

#[test]
fn new_settings_reach_who_waits_and_what_is_pending() {
    let (fixture, log) = full(QueueFullPolicy::Block);
    let alloc = &fixture.alloc;
    let config = full_at(3, QueueFullPolicy::Block).with_block_timeout(Duration::from_secs(600));
    alloc.configure_deferred(config).unwrap();
    alloc.process_deferred_up_to(0);
    thread::scope(|scope| {
        let worker = scope.spawn(|| alloc.defer_drop(log.value(3)));
        thread::sleep(Duration::from_millis(20));
        assert!(!worker.is_finished());
        alloc.configure_deferred(config.with_policy(QueueFullPolicy::Grow)).unwrap();
    });
    assert_eq!(alloc.deferred_stats().pending, 4);
    alloc.configure_deferred(full_at(2, QueueFullPolicy::DropOldest)).unwrap();
    alloc.defer_drop(log.value(4));
    assert_eq!((log.numbers(), alloc.deferred_stats().pending), (vec![0, 1, 2], 2));
    alloc
        .configure_deferred(DeferredConfig::default().with_processing(DeferredProcessing::Explicit))
        .unwrap();
    alloc.begin_frame();
    alloc.end_frame();
    assert_eq!(alloc.deferred_stats().pending, 2);
    alloc.configure_deferred(DeferredConfig::default()).unwrap();
    alloc.begin_frame();
    alloc.end_frame();
    assert_eq!(alloc.deferred_stats().pending, 0);
}

#[test]
fn a_panic_of_the_oldest_loses_nothing() {
    let counter = DropCounter::default();
    for policy in [QueueFullPolicy::DropOldest, QueueFullPolicy::Block, QueueFullPolicy::ProcessNow] {
        let fixture = Fixture::small();
        let alloc = &fixture.alloc;
        alloc.configure_deferred(full_at(2, policy)).unwrap();
        (0..2).for_each(|n| alloc.defer_drop(counter.make(n)));
        counter.panic_every(1);
        assert!(caught(|| alloc.defer_drop(counter.make(2))).contains("panics"));
        // A destructor that unwinds already keeps that panic: another one would end the process.
        let text = caught(|| {
            let _boxed = alloc.deferred_box(on_drop(|| panic!("never while unwinding")));
            let _another = alloc.deferred_box(counter.make(3));
            panic!("the first");
        });
        counter.panic_every(0);
        assert_eq!(text, "the first");
        assert_eq!(alloc.deferred_stats().pending, 2);
        let left = alloc.deferred_stats();
        let rest = caught_or_done(|| alloc.process_deferred());
        assert_eq!((counter.alive(), alloc.deferred_stats().pending), (0, 0), "{policy:?} {left:?} {rest}");
        assert_eq!(alloc.pool_stats().live_objects, 0);
        assert_sums(alloc);
    }
}

fn caught_or_done(work: impl FnOnce() -> usize) -> String {
    match std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)) {
        Ok(count) => count.to_string(),
        Err(payload) => framealloc_tests::panic_text(&*payload),
    }
}

thread_local! {
    /// Destructors of `Link` that are running, and the most there were.
    static DEPTH: Cell<(u32, u32)> = const { Cell::new((0, 0)) };
}

/// Defers the next of its kind when it is dropped.
struct Link(u32, SmartAlloc, DropCounter);

impl Drop for Link {
    fn drop(&mut self) {
        let (depth, most) = DEPTH.get();
        DEPTH.set((depth + 1, most.max(depth + 1)));
        drop(self.2.make(1));
        if let Some(left) = self.0.checked_sub(1) {
            self.1.defer_drop(Link(left, self.1.clone(), self.2.clone()));
        }
        DEPTH.set((depth, DEPTH.get().1));
    }
}

#[test]
fn long_chains_of_destructors_do_not_nest() {
    for policy in [QueueFullPolicy::DropOldest, QueueFullPolicy::ProcessNow, QueueFullPolicy::Block] {
        let (fixture, counter) = (Fixture::small(), DropCounter::default());
        let alloc = &fixture.alloc;
        alloc.configure_deferred(full_at(1, policy)).unwrap();
        let long = framealloc_tests::cases::scaled(20_000);
        for _ in 0..3 {
            alloc.defer_drop(Link(long as u32, alloc.clone(), counter.clone()));
        }
        while alloc.process_deferred() > 0 {}
        assert_eq!((counter.made(), DEPTH.get()), (3 * (long + 1), (0, 1)), "{policy:?}");
        assert_sums(alloc);
    }
}
