//! One named pool, eight threads.

use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc;
use std::thread;

use framealloc::{AllocConfig, ScratchBox, ShrinkPolicy};
use framealloc_tests::{Counted, DropCounter, Fixture, Rng};

const THREADS: usize = 8;

/// What the threads pass around: a value that knows whether it was overwritten, and a slice that its number fills.
type Parcel = (u64, ScratchBox<Counted>, ScratchBox<[u64]>);

fn check((number, value, words): &Parcel) {
    value.verify();
    assert_eq!(value.payload, *number);
    assert!(words.iter().all(|word| word == number), "another thread wrote here");
}

#[test]
fn eight_threads_share_one_pool_while_a_ninth_resets_it() {
    let fixture = Fixture::new(AllocConfig::minimal());
    let counter = DropCounter::default();
    let barrier = Barrier::new(THREADS);
    let (done, refusals) = (AtomicBool::new(false), AtomicU64::new(0));
    let rounds = if cfg!(miri) { 50 } else { 3000 };
    thread::scope(|scope| {
        let (fixture, counter, barrier) = (&fixture, &counter, &barrier);
        let pool = fixture.alloc.create_scratch_pool("shared", 4 << 20).unwrap();
        pool.set_shrink_policy(ShrinkPolicy::AfterQuietResets(3));
        let channels: Vec<_> = (0..THREADS).map(|_| mpsc::channel::<Parcel>()).collect();
        let senders: Vec<_> = channels.iter().map(|(sender, _)| sender.clone()).collect();
        let workers: Vec<_> = channels
            .into_iter()
            .enumerate()
            .map(|(index, (_, receiver))| {
                let (senders, alloc) = (senders.clone(), fixture.alloc.clone());
                scope.spawn(move || {
                    let pool = alloc.scratch_pool("shared");
                    let mut rng = Rng::new(index as u64);
                    let mut kept: Vec<Parcel> = Vec::new();
                    for round in 0..rounds {
                        let number = (index as u64) << 32 | round;
                        let value = pool.boxed(counter.make(number)).unwrap();
                        let words = pool.boxed_slice(rng.below(200), |_| number).unwrap();
                        let parcel = (number, value, words);
                        match rng.below(3) {
                            0 => drop(parcel),
                            1 => kept.push(parcel),
                            _ => drop(senders[rng.below(THREADS)].send(parcel)),
                        }
                        pool.with_scope(|s| {
                            let own = s.slice_from_fn(rng.below(50), |_| number);
                            assert!(own.iter().all(|word| *word == number));
                        });
                        receiver.try_iter().for_each(|parcel| check(&parcel));
                        kept.iter().for_each(check);
                        if kept.len() > 10 {
                            kept.clear();
                        }
                        if round % 50 == 49 {
                            // Everybody lets go: the pool is empty.
                            kept.clear();
                            barrier.wait();
                            receiver.try_iter().for_each(|parcel| check(&parcel));
                            barrier.wait();
                            if index == 0 {
                                pool.reset().unwrap();
                            }
                            barrier.wait();
                        }
                    }
                    drop(senders);
                    receiver.iter().for_each(|parcel| check(&parcel));
                })
            })
            .collect();
        drop(senders);
        let (done, refusals) = (&done, &refusals);
        scope.spawn(move || {
            while !done.load(Ordering::Relaxed) {
                refusals.fetch_add(u64::from(pool.reset().is_err()), Ordering::Relaxed);
                thread::yield_now();
            }
        });
        workers.into_iter().for_each(|worker| worker.join().unwrap());
        done.store(true, Ordering::Relaxed);
    });
    assert!(refusals.into_inner() > 0, "the ninth thread met boxes");
    assert_eq!(counter.alive(), 0);
    let pool = fixture.alloc.scratch_pool("shared");
    assert_eq!(pool.boxes(), 0);
    pool.reset().unwrap();
    let stats = fixture.stats();
    assert_eq!(stats.total.heap.live_bytes, pool.bytes_held() as u64, "the pool is all there is");
}

#[test]
fn threads_that_ask_for_one_name_at_once_get_one_pool() {
    let fixture = Fixture::small();
    let barrier = Barrier::new(THREADS);
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                for n in 0..100 {
                    barrier.wait();
                    let word = fixture.alloc.scratch_pool(&format!("pool {n}")).boxed(n).unwrap();
                    barrier.wait();
                    assert_eq!(word.pool().boxes(), THREADS as u64);
                    assert_eq!(word.pool().bytes_held(), 4096, "one chunk, whoever was first");
                    barrier.wait();
                }
            });
        }
    });
    assert_eq!(fixture.alloc.scratch_registry().names().count(), 100);
}
