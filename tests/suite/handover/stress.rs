//! Many threads, many operations, and memory that stays bounded.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, mpsc};
use std::thread;
use std::time::Duration;

use framealloc::{
    DeferredBox, DeferredConfig, FrameBarrier, PoolBox, QueueFullPolicy, SmartAlloc, TransferHandle,
};
use framealloc_tests::cases::scaled;
use framealloc_tests::{DropCounter, Fixture, Rng, on_thread};

const THREADS: u64 = 16;

/// What threads throw at each other.
enum Parcel {
    Pool(PoolBox<[u64; 9]>),
    Transfer(TransferHandle<[u64; 17]>),
    Deferred(DeferredBox<[u64; 5]>),
}

/// One thread of the stress test: makes, sends, receives and drops things of every kind. Returns the operations.
fn worker(
    id: u64,
    rounds: u64,
    alloc: &SmartAlloc,
    shelves: &[Mutex<Vec<Parcel>>],
    barrier: FrameBarrier,
) -> u64 {
    let mut part = barrier.participant();
    drop(barrier);
    let mut rng = Rng::new(id + 1);
    let mut operations = 0;
    for round in 0..rounds {
        alloc.begin_frame();
        let _tag = alloc.tag_scope(["physics", "ai", "audio"][(round % 3) as usize]);
        let frame = alloc.frame();
        for n in 0..32 {
            let seed = id << 32 | round << 8 | n;
            let words = frame.slice_from_fn(rng.below(20), |index| seed ^ index as u64);
            let parcel = match rng.below(8) {
                0..3 => Parcel::Pool(alloc.pool_box([seed; 9])),
                3..5 => Parcel::Transfer(alloc.frame_box_for_transfer(alloc.frame_box([seed; 17]))),
                5..7 => Parcel::Deferred(alloc.deferred_box([seed; 5])),
                _ => {
                    alloc.defer_drop(vec![seed; 3]);
                    continue;
                }
            };
            let shelf = &shelves[rng.below(shelves.len())];
            let other = {
                let mut shelf = shelf.lock().unwrap();
                shelf.push(parcel);
                let index = rng.below(shelf.len());
                (shelf.len() > 8).then(|| shelf.swap_remove(index))
            };
            let same = |values: &[u64]| assert!(values.iter().all(|value| *value == values[0]));
            match other {
                Some(Parcel::Pool(boxed)) => same(&*boxed),
                Some(Parcel::Transfer(handle)) if rng.below(8) > 0 => same(&*handle.receive()),
                Some(Parcel::Deferred(boxed)) => same(&*boxed),
                Some(Parcel::Transfer(_)) | None => {}
            }
            assert!(words.iter().enumerate().all(|(index, word)| *word == seed ^ index as u64));
            operations += 3;
        }
        drop(frame);
        alloc.end_frame();
        if round % 64 == 63 {
            part.wait_timeout(Duration::from_secs(600));
        }
    }
    operations
}

#[test]
fn sixteen_threads_millions_of_operations() {
    // About 96 operations a round.
    let rounds = scaled(2048).max(4);
    let fixture = Fixture::small();
    let config = DeferredConfig::default().with_max_queue_depth(256).with_policy(QueueFullPolicy::DropOldest);
    fixture.alloc.configure_deferred(config).unwrap();
    let shelves: Vec<_> = (0..8).map(|_| Mutex::new(Vec::new())).collect();
    let barrier = FrameBarrier::new(THREADS as u32);
    let operations: u64 = thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|id| {
                let (alloc, shelves, barrier) = (&fixture.alloc, &shelves[..], barrier.clone());
                scope.spawn(move || worker(id, rounds, alloc, shelves, barrier))
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert!(operations >= THREADS * rounds * 60, "{operations}");
    // On a thread of its own: this one would get a heap by freeing so much.
    on_thread(|| {
        drop(shelves);
        fixture.alloc.process_deferred();
    });
    let (transfers, deferred) = (fixture.alloc.transfer_stats(), fixture.alloc.deferred_stats());
    assert_eq!(transfers.sent, transfers.received + transfers.dropped);
    assert_eq!((transfers.in_flight, transfers.in_flight_bytes), (0, 0));
    assert!(transfers.crossed > 0 && transfers.dropped > 0, "{transfers:?}");
    assert_eq!((deferred.pending, deferred.deferred), (0, deferred.processed + deferred.early));
    let stats = fixture.stats();
    assert_eq!((stats.total.live_bytes(), stats.total.pool.live_objects), (0, 0));
    assert_eq!((barrier.stats().departures, barrier.stats().timeouts), (THREADS, 0));
    fixture.assert_all_freed();
}

#[test]
fn thousands_of_short_threads_hand_over_and_leave_nothing() {
    let counter = DropCounter::default();
    let fixture = Fixture::small();
    let alloc = &fixture.alloc;
    let threads = scaled(3000);
    let barrier = FrameBarrier::new(0);
    let mut after_some = 0;
    for n in 0..threads {
        let received = on_thread(|| {
            let mut part = barrier.participant();
            alloc.defer_drop(counter.make(n));
            let boxed = alloc.deferred_box(counter.make(n));
            part.signal_frame_complete();
            let handle = alloc.frame_box_for_transfer(counter.make(n));
            drop(boxed);
            handle
        });
        on_thread(|| received.receive().verify());
        if n % 100 == 99 {
            on_thread(|| _ = alloc.process_deferred());
        }
        if n == threads / 10 {
            after_some = fixture.live_bytes();
        }
    }
    on_thread(|| _ = alloc.process_deferred());
    assert_eq!(counter.alive(), 0);
    // A page may be opened between two visits of the depot.
    assert!(fixture.live_bytes() <= after_some + (2 << 16), "{after_some} grew to {}", fixture.live_bytes());
    assert_eq!((barrier.stats().departures, barrier.participants()), (threads, 0));
    fixture.assert_all_freed();
}

#[test]
fn a_one_way_pipeline_runs_in_bounded_memory() {
    const IN_FLIGHT: usize = 256;
    let fixture = Fixture::small();
    let count = scaled(400_000);
    let (send, receive) = mpsc::sync_channel::<TransferHandle<[u64; 8]>>(IN_FLIGHT);
    let alloc = &fixture.alloc;
    let sum = AtomicU64::new(0);
    thread::scope(|scope| {
        let producer = scope.spawn(move || {
            for n in 0..count {
                send.send(alloc.frame_box_for_transfer([n; 8])).unwrap();
            }
        });
        on_thread(|| {
            for handle in receive {
                let value = handle.receive();
                sum.fetch_add(value[7], Ordering::Relaxed);
            }
        });
        producer.join().unwrap();
    });
    assert_eq!(sum.into_inner(), (0..count).sum::<u64>());
    let stats = alloc.transfer_stats();
    assert_eq!((stats.received, stats.crossed, stats.in_flight), (count, count, 0));
    assert!(stats.peak_in_flight <= IN_FLIGHT as u64 + 2, "{stats:?}");
    // 64 bytes each: without reuse this would be 25 MB.
    let peak = fixture.backend.counts().peak_bytes;
    assert!(peak <= 1 << 18, "the backend gave {peak} bytes");
    fixture.assert_all_freed();
}
