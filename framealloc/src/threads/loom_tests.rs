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
use crate::sys::sync::{Mutex, lock};

struct Silent;

impl Reporter for Silent {
    fn report(&self, _: &dyn Fn() -> Diagnostic) {}
}

/// Counts how often it is dropped.
struct Drops(Arc<AtomicU64>);

impl Drop for Drops {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

fn queue(config: DeferredConfig) -> (Arc<DeferredQueue>, PoolAlloc) {
    let queue = Arc::new(DeferredQueue::new(Arc::new(Silent)));
    queue.configure(config).unwrap();
    (queue, PoolAlloc::new(Depot::new(Arc::new(SystemBackend::new())), 0))
}

/// Defers values on threads of their own.
fn producers(
    count: usize,
    values: usize,
    queue: &Arc<DeferredQueue>,
    pool: &PoolAlloc,
    drops: &Arc<AtomicU64>,
) -> Vec<thread::JoinHandle<()>> {
    (0..count)
        .map(|_| {
            let (queue, pool, drops) = (queue.clone(), pool.clone(), drops.clone());
            thread::spawn(move || {
                for _ in 0..values {
                    let node = pool.try_box(Node::new(Drops(drops.clone()))).unwrap();
                    assert!(queue.push(node, false).is_ok());
                }
            })
        })
        .collect()
}

/// A value that was sent, and what counts it.
fn transfer() -> (TransferHandle<Drops>, Arc<TransferHub>, Arc<AtomicU64>) {
    let (queue, pool) = queue(DeferredConfig::default());
    let depot = Depot::new(Arc::new(SystemBackend::new()));
    let hub = Arc::new(TransferHub::new(depot, queue, Arc::new(Silent)));
    let drops = Arc::default();
    let value = pool.try_box(Drops(Arc::clone(&drops))).unwrap();
    (TransferHandle::new(value, 0, hub.clone(), Location::caller()), hub, drops)
}

#[test]
fn one_of_two_receivers_gets_the_value() {
    loom::model(|| {
        let (handle, hub, drops) = transfer();
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
        let stats = hub.stats();
        assert_eq!((stats.received, stats.crossed, stats.dropped, stats.in_flight), (1, theirs, 0, 0));
        assert_eq!(drops.load(Ordering::Relaxed), 1);
    });
}

#[test]
fn a_value_is_received_or_lost_and_never_both() {
    loom::model(|| {
        let (handle, hub, drops) = transfer();
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
        let stats = hub.stats();
        assert_eq!((stats.received, stats.dropped, stats.in_flight), (received, 1 - received, 0));
        assert_eq!(drops.load(Ordering::Relaxed), received, "what was lost is pending");
        drop(hub);
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
        let (queue, pool) = queue(DeferredConfig::default());
        let drops = Arc::default();
        let threads = producers(2, 1, &queue, &pool, &drops);
        let early = queue.process(usize::MAX);
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        assert_eq!(early + queue.process(usize::MAX), 2);
        assert_eq!((drops.load(Ordering::Relaxed), queue.stats().processed), (2, 2));
    });
}

#[test]
fn the_oldest_make_room() {
    loom::model(|| {
        let config =
            DeferredConfig::default().with_max_queue_depth(1).with_policy(QueueFullPolicy::DropOldest);
        let (queue, pool) = queue(config);
        let drops = Arc::default();
        let threads = producers(2, 2, &queue, &pool, &drops);
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        let stats = queue.stats();
        assert_eq!((stats.deferred, stats.early, stats.pending), (4, 3, 1));
        assert_eq!(drops.load(Ordering::Relaxed), 3);
        drop(queue);
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
        let (queue, pool) = queue(config);
        // From here on this thread is the one that the others wait for.
        queue.process(0);
        let drops = Arc::default();
        let threads = producers(1, 3, &queue, &pool, &drops);
        let mut processed = 0;
        while processed < 3 {
            processed += queue.process(usize::MAX);
            thread::yield_now();
        }
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        let stats = queue.stats();
        assert_eq!((stats.processed, stats.early, stats.peak_pending), (3, 0, 1));
        assert_eq!(drops.load(Ordering::Relaxed), 3);
    });
}

#[test]
fn a_queue_that_closes_runs_what_is_coming() {
    loom::model(|| {
        let (queue, pool) = queue(DeferredConfig::default());
        let owner = DeferredOwner(queue.clone());
        let drops = Arc::default();
        let threads = producers(1, 2, &queue, &pool, &drops);
        drop(owner);
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        let stats = queue.stats();
        assert_eq!((stats.pending, stats.processed + stats.immediate), (0, 2));
        assert_eq!(drops.load(Ordering::Relaxed), 2);
    });
}
