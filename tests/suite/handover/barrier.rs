//! The end of a frame that several threads work on.

use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use framealloc::{BarrierStats, FrameBarrier, FrameWait, SmartAlloc};
use framealloc_tests::cases::scaled;

const LONG: Duration = Duration::from_secs(600);
const SHORT: Duration = Duration::from_millis(5);

#[test]
fn a_driver_ends_frames_when_all_workers_are_done() {
    let alloc = SmartAlloc::with_defaults();
    let barrier = FrameBarrier::new(3);
    let done = AtomicU64::new(0);
    let frames = scaled(300);
    thread::scope(|scope| {
        for _ in 0..3 {
            let mut part = barrier.participant();
            let (alloc, done) = (&alloc, &done);
            scope.spawn(move || {
                for frame in 1..=frames {
                    alloc.begin_frame();
                    drop(alloc.frame_box([frame; 20]));
                    done.fetch_add(1, Ordering::SeqCst);
                    alloc.end_frame();
                    assert!(part.signal_frame_complete());
                    assert_eq!(part.wait_timeout(LONG), FrameWait::Complete);
                    assert!(done.load(Ordering::SeqCst) >= 3 * frame, "nobody goes on before all are done");
                }
            });
        }
        // The driver is no participant: it may be late, and must not be missed.
        while barrier.stats().frames < frames {
            assert_eq!(barrier.wait_timeout(LONG), FrameWait::Complete);
            barrier.reset();
            if barrier.participants() == 0 {
                break;
            }
        }
    });
    let stats = barrier.stats();
    assert_eq!((stats.frames, stats.signals, stats.resets), (frames, 3 * frames, 0));
    assert_eq!((stats.departures, stats.panics, stats.timeouts), (3, 0, 0));
    assert!(stats.waits >= 3 * frames && stats.total_wait >= stats.longest_wait, "{stats:?}");
    assert!(!stats.longest_wait.is_zero());
}

#[test]
fn a_participant_that_panics_hangs_nobody() {
    let barrier = FrameBarrier::new(3);
    let finished = thread::scope(|scope| {
        let threads: Vec<_> = (0..3)
            .map(|id| {
                let mut part = barrier.participant();
                scope.spawn(move || {
                    for frame in 0..10 {
                        assert!(id != 1 || frame != 4, "in the middle of its work");
                        assert_eq!(part.wait_timeout(LONG), FrameWait::Complete);
                    }
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().is_ok()).collect::<Vec<_>>()
    });
    assert_eq!(finished, [true, false, true]);
    let stats = barrier.stats();
    assert_eq!((stats.frames, stats.departures, stats.panics), (10, 3, 1));
    assert_eq!(stats.signals, 10 + 4 + 10);
}

#[test]
fn signals_without_participants() {
    let barrier = FrameBarrier::new(2);
    for frame in 1..=5 {
        assert!(!barrier.is_complete());
        thread::scope(|scope| {
            (0..2).for_each(|_| _ = scope.spawn(|| barrier.signal_frame_complete()));
            assert_eq!(barrier.wait_all(), FrameWait::Complete);
        });
        assert!(barrier.is_complete());
        assert_eq!(barrier.wait_all(), FrameWait::Complete, "it stays complete");
        assert_eq!(barrier.stats().frames, frame);
        barrier.reset();
        barrier.reset();
    }
}

#[test]
fn waits_time_out_and_go_on() {
    let barrier = FrameBarrier::builder().with_participants(2).with_time_limit(SHORT).build();
    let (mut one, mut two) = (barrier.participant(), barrier.participant());
    let start = Instant::now();
    assert_eq!(one.wait_all(), FrameWait::TimedOut);
    assert_eq!(barrier.wait_all(), FrameWait::TimedOut);
    assert_eq!(barrier.wait_timeout(Duration::ZERO), FrameWait::TimedOut);
    assert!(start.elapsed() >= 2 * SHORT);
    assert!(!one.signal_frame_complete(), "it counts already");
    assert_eq!(two.wait_all(), FrameWait::Complete);
    assert_eq!(one.wait_all(), FrameWait::Complete, "the same frame, not the next one");
    let stats = barrier.stats();
    assert_eq!((stats.frames, stats.signals, stats.waits, stats.timeouts), (1, 2, 5, 3));
    assert!(stats.longest_wait >= SHORT && stats.total_wait >= 2 * SHORT, "{stats:?}");
}

#[test]
fn a_reset_lets_go_of_who_waits() {
    let barrier = FrameBarrier::new(2);
    thread::scope(|scope| {
        let mut part = barrier.participant();
        let waiter = scope.spawn(move || (part.wait_timeout(LONG), part));
        while barrier.stats().signals == 0 {
            thread::yield_now();
        }
        barrier.reset();
        let (outcome, mut part) = waiter.join().unwrap();
        assert_eq!((outcome, barrier.stats().resets), (FrameWait::Reset, 1));
        barrier.signal_frame_complete();
        assert_eq!(part.wait_all(), FrameWait::Complete);
    });
}

#[test]
fn who_joins_late_and_who_leaves_early() {
    let barrier = FrameBarrier::new(0);
    assert_eq!((barrier.wait_all(), barrier.stats().frames), (FrameWait::Complete, 0));
    thread::scope(|scope| {
        for joins in 0..8_u64 {
            let mut part = barrier.participant();
            scope.spawn(move || (0..(joins + 1) * 20).for_each(|_| _ = part.wait_timeout(LONG)));
        }
    });
    let stats = barrier.stats();
    assert_eq!((barrier.participants(), stats.departures, stats.timeouts), (0, 8, 0));
    assert_eq!(stats.signals, (1..=8).sum::<u64>() * 20);
    assert!(stats.frames >= 160, "{stats:?}");
    assert_eq!(BarrierStats::default().frames, 0);
}

#[test]
fn a_participant_outlives_the_barrier() {
    let part = {
        let barrier = FrameBarrier::new(1);
        barrier.participant()
    };
    assert_eq!(part.barrier().participants(), 1);
    let barrier = part.barrier().clone();
    thread::spawn(move || drop(part)).join().unwrap();
    assert_eq!((barrier.participants(), barrier.wait_all()), (0, FrameWait::Complete));
    assert_eq!(format!("{barrier:?}"), "FrameBarrier { frame: 0, participants: 0, complete: true, .. }");
}
