//! Models of transfer, barrier and deferred queue. Run with
//! `RUSTFLAGS="--cfg framealloc_loom" cargo test -p framealloc --lib --release threads::loom_tests`.

use core::panic::Location;
use core::sync::atomic::{AtomicU64, Ordering};
use core::time::Duration;
use std::sync::Arc;

use loom::thread;

use super::*;
use crate::backend::SystemBackend;
use crate::pool::{Depot, PoolAlloc};
use crate::sys::attention::Attention;
use crate::sys::sync::{Mutex, lock};

/// An allocator that is only what this area sees of it.
struct Engine {
    queue: DeferredQueue,
    transfers: TransferCounters,
    depot: Arc<Depot>,
}

impl Home for Engine {
    fn queue(&self) -> &DeferredQueue {
        &self.queue
    }

    fn transfers(&self) -> &TransferCounters {
        &self.transfers
    }

    fn pool(&self, tag: u16) -> PoolAlloc {
        PoolAlloc::new(self.depot.clone(), tag)
    }

    fn report(&self, _: &dyn Fn() -> Diagnostic) {}

    fn is_exiting(&self) -> bool {
        false
    }
}

impl Engine {
    fn new(config: DeferredConfig) -> Arc<Self> {
        let queue = DeferredQueue::new(Arc::new(Attention::new()));
        queue.configure(config).unwrap();
        let depot = Depot::new(Arc::new(SystemBackend::new()));
        Arc::new(Self { queue, transfers: TransferCounters::new(), depot })
    }
}

/// Counts how often values are dropped.
struct Drops(Arc<AtomicU64>);

impl Drop for Drops {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// Defers values on threads of their own.
fn producers(
    count: usize,
    values: usize,
    engine: &Arc<Engine>,
    drops: &Arc<AtomicU64>,
) -> Vec<thread::JoinHandle<()>> {
    (0..count)
        .map(|_| {
            let (engine, drops) = (engine.clone(), drops.clone());
            thread::spawn(move || {
                for _ in 0..values {
                    let node = engine.pool(0).try_box(Node::new(Drops(drops.clone()))).unwrap();
                    assert!(defer(&*engine, node, false).is_ok());
                }
            })
        })
        .collect()
}

/// A value that was sent, and what counts it.
fn transfer() -> (TransferHandle<Drops>, Arc<Engine>, Arc<AtomicU64>) {
    let engine = Engine::new(DeferredConfig::default());
    let drops = Arc::default();
    let value = engine.pool(0).try_box(Drops(Arc::clone(&drops))).unwrap();
    (TransferHandle::new(value, 0, engine.clone(), Location::caller()), engine, drops)
}

#[test]
fn one_of_two_receivers_gets_the_value() {
    loom::model(|| {
        let (handle, engine, drops) = transfer();
        let handle = Arc::new(handle);
        let other = {
            let handle = handle.clone();
            thread::spawn(move || u64::from(handle.try_receive().is_some()))
        };
        let mine = u64::from(handle.try_receive().is_some());
        assert_eq!(handle.state(), TransferState::Received);
        let theirs = other.join().unwrap();
        assert_eq!(mine + theirs, 1);
        drop(handle);
        let stats = engine.transfers.stats();
        assert_eq!((stats.received, stats.crossed, stats.dropped, stats.in_flight), (1, theirs, 0, 0));
        assert_eq!(drops.load(Ordering::Relaxed), 1);
    });
}

#[test]
fn a_value_is_received_or_lost_and_never_both() {
    loom::model(|| {
        let (handle, engine, drops) = transfer();
        let channel = Arc::new(Mutex::new(Some(handle)));
        let closing = {
            let channel = channel.clone();
            thread::spawn(move || {
                let left = lock(&channel).take();
                drop(left);
            })
        };
        let arrived = lock(&channel).take();
        let received = u64::from(arrived.is_some_and(|handle| handle.try_receive().is_some()));
        closing.join().unwrap();
        let stats = engine.transfers.stats();
        assert_eq!((stats.received, stats.dropped, stats.in_flight), (received, 1 - received, 0));
        assert_eq!(drops.load(Ordering::Relaxed), received, "what was lost is pending");
        drop(engine);
        assert_eq!(drops.load(Ordering::Relaxed), 1);
    });
}

#[test]
fn participants_meet_twice() {
    loom::model(|| {
        let barrier = FrameBarrier::new(2);
        let work = Arc::new(AtomicU64::new(0));
        let mut mine = barrier.participant();
        let mut theirs = barrier.participant();
        let other = {
            let work = work.clone();
            thread::spawn(move || {
                for frame in 1..=2 {
                    work.fetch_add(1, Ordering::Relaxed);
                    assert_eq!(theirs.wait_all(), FrameWait::Complete);
                    assert!(work.load(Ordering::Relaxed) >= frame * 2);
                }
            })
        };
        for frame in 1..=2 {
            work.fetch_add(1, Ordering::Relaxed);
            assert_eq!(mine.wait_all(), FrameWait::Complete);
            assert!(work.load(Ordering::Relaxed) >= frame * 2, "nobody is ahead of the other's work");
        }
        other.join().unwrap();
        assert_eq!((barrier.stats().frames, barrier.stats().departures), (2, 1));
    });
}

#[test]
fn who_leaves_does_not_hang_who_waits() {
    loom::model(|| {
        let barrier = FrameBarrier::new(2);
        let mut mine = barrier.participant();
        let leaver = barrier.participant();
        let other = thread::spawn(move || drop(leaver));
        assert_eq!(mine.wait_all(), FrameWait::Complete);
        assert_eq!(mine.wait_all(), FrameWait::Complete);
        other.join().unwrap();
        assert_eq!((barrier.participants(), barrier.stats().departures), (1, 1));
    });
}

#[test]
fn a_reset_loses_no_early_signal() {
    loom::model(|| {
        let barrier = FrameBarrier::new(1);
        let mut part = barrier.participant();
        let worker = thread::spawn(move || {
            for _ in 0..3 {
                assert_eq!(part.wait_all(), FrameWait::Complete);
            }
        });
        // The driver sees a frame end and begins the next one, while the worker is on its way already.
        assert_eq!(barrier.wait_all(), FrameWait::Complete);
        barrier.reset();
        worker.join().unwrap();
        assert_eq!((barrier.stats().frames, barrier.stats().resets), (3, 0));
    });
}

#[test]
fn every_deferred_value_runs_once() {
    loom::model(|| {
        let engine = Engine::new(DeferredConfig::default());
        let drops = Arc::default();
        let threads = producers(2, 1, &engine, &drops);
        let early = engine.queue.process(usize::MAX);
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        assert_eq!(early + engine.queue.process(usize::MAX), 2);
        assert_eq!((drops.load(Ordering::Relaxed), engine.queue.stats().processed), (2, 2));
    });
}

#[test]
fn the_oldest_make_room() {
    loom::model(|| {
        let config =
            DeferredConfig::default().with_max_queue_depth(1).with_policy(QueueFullPolicy::DropOldest);
        let engine = Engine::new(config);
        let drops = Arc::default();
        let threads = producers(2, 2, &engine, &drops);
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        let stats = engine.queue.stats();
        assert_eq!((stats.deferred, stats.early, stats.pending), (4, 3, 1));
        assert_eq!(drops.load(Ordering::Relaxed), 3);
        drop(engine);
        assert_eq!(drops.load(Ordering::Relaxed), 4);
    });
}

#[test]
fn who_waits_for_room_gets_it() {
    loom::model(|| {
        let config = DeferredConfig::default()
            .with_max_queue_depth(1)
            .with_policy(QueueFullPolicy::Block)
            .with_block_timeout(Duration::from_secs(3600));
        let engine = Engine::new(config);
        // From here on this thread is the one that the others wait for.
        engine.queue.process(0);
        let drops = Arc::default();
        let threads = producers(1, 3, &engine, &drops);
        let mut processed = 0;
        while processed < 3 {
            processed += engine.queue.process(usize::MAX);
            thread::yield_now();
        }
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        let stats = engine.queue.stats();
        assert_eq!((stats.processed, stats.early, stats.peak_pending), (3, 0, 1));
        assert_eq!(drops.load(Ordering::Relaxed), 3);
    });
}

#[test]
fn the_end_of_the_allocator_runs_what_is_pending() {
    loom::model(|| {
        let engine = Engine::new(DeferredConfig::default());
        let drops = Arc::default();
        let value = engine.pool(0).try_box(Node::new(Drops(Arc::clone(&drops)))).unwrap();
        let boxed = DeferredBox::new(value, engine.clone());
        let other = thread::spawn(move || drop(boxed));
        let threads = producers(1, 1, &engine, &drops);
        drop(engine);
        threads.into_iter().chain([other]).for_each(|thread| thread.join().unwrap());
        assert_eq!(drops.load(Ordering::Relaxed), 2);
    });
}
