//! Readers against the end of frames and of threads.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, mpsc};
use std::thread;

use framealloc::FrameHandle;
use framealloc_tests::{Counted, DropCounter, Fixture, Rng, on_thread};

/// Fewer rounds where each step is slow.
const ROUNDS: u64 = if cfg!(miri) { 20 } else { 5_000 };

/// Two values of one frame, and what is in them.
type Shared = (FrameHandle<Counted>, FrameHandle<[u64; 16]>, u64);

#[test]
fn readers_race_with_the_end_of_frames() {
    let counter = DropCounter::default();
    let fixture = Fixture::small();
    let alloc = &fixture.alloc;
    let latest: Mutex<Option<Shared>> = Mutex::new(None);
    let (done, found, missed) = (AtomicBool::new(false), AtomicU64::new(0), AtomicU64::new(0));
    thread::scope(|scope| {
        let reader = |seed| {
            let (latest, done, found, missed) = (&latest, &done, &found, &missed);
            scope.spawn(move || {
                let mut rng = Rng::new(seed);
                let mut held = Vec::new();
                while !done.load(Ordering::Acquire) {
                    thread::yield_now();
                    let seen = latest.try_lock().ok().and_then(|latest| *latest);
                    let Some((counted, array, n)) = seen else { continue };
                    for _ in 0..rng.below(4) {
                        match (counted.read(alloc), array.read(alloc)) {
                            (Some(counted), Some(array)) => {
                                counted.verify();
                                assert_eq!((counted.payload, *array), (n, [n; 16]));
                                found.fetch_add(1, Ordering::Relaxed);
                                if rng.below(8) == 0 {
                                    held.push(counted);
                                }
                            }
                            _ => drop(missed.fetch_add(1, Ordering::Relaxed)),
                        }
                    }
                    if held.len() > 5 {
                        held.iter().for_each(|guard| guard.verify());
                        held.clear();
                    }
                }
            })
        };
        let readers = [reader(1), reader(2), reader(3)];
        let owner = scope.spawn(|| {
            for n in 0..ROUNDS {
                alloc.begin_frame();
                let counted = alloc.share(counter.make(n));
                let array = alloc.share_for([n; 16], n % 3);
                *latest.lock().unwrap() = Some((counted, array, n));
                drop(alloc.frame_box([0xee_u8; 256]));
                if n % 64 == 0 {
                    thread::yield_now();
                }
                alloc.end_frame();
            }
            done.store(true, Ordering::Release);
        });
        owner.join().unwrap();
        readers.into_iter().for_each(|reader| reader.join().unwrap());
    });
    let found = (found.into_inner(), missed.into_inner());
    assert!(found.0 > 0 || cfg!(miri), "{found:?}");
    assert_eq!(counter.alive(), 0);
    fixture.assert_all_freed();
}

#[test]
fn readers_race_with_the_end_of_threads() {
    let counter = DropCounter::default();
    let fixture = Fixture::small();
    let alloc = &fixture.alloc;
    let (send, receive) = mpsc::sync_channel::<(FrameHandle<Counted>, u64)>(4);
    let receive = Mutex::new(receive);
    thread::scope(|scope| {
        let reader = || {
            scope.spawn(|| {
                loop {
                    let next = receive.lock().unwrap().recv();
                    let Ok((handle, n)) = next else { break };
                    let guards: Vec<_> = (0..3).filter_map(|_| handle.read(alloc)).collect();
                    guards.iter().for_each(|guard| {
                        guard.verify();
                        assert_eq!(guard.payload, n);
                    });
                }
            })
        };
        let readers = [reader(), reader()];
        for n in 0..ROUNDS / 20 {
            on_thread(|| {
                alloc.begin_frame();
                for offset in 0..4 {
                    let n = n * 4 + offset;
                    send.send((alloc.share_for(counter.make(n), n % 2), n)).unwrap();
                }
            });
        }
        drop(send);
        readers.into_iter().for_each(|reader| reader.join().unwrap());
    });
    assert_eq!(counter.alive(), 0);
    let stats = fixture.stats();
    assert_eq!(stats.total.frame.live_bytes, 0);
    fixture.assert_all_freed();
}
