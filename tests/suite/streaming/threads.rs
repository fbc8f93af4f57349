//! Several threads stream from one budget.

use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use framealloc::{StreamError, StreamId, StreamPriority};
use framealloc_tests::{Fixture, Rng};

const STEPS: usize = if cfg!(miri) { 30 } else { 4000 };
const BUDGET: usize = 40_000;

#[test]
fn readers_loaders_and_evictions_do_not_disturb_each_other() {
    let fixture = Fixture::default();
    let streaming = fixture.alloc.streaming();
    streaming.set_budget(BUDGET);
    let priorities = [StreamPriority::Low, StreamPriority::Normal, StreamPriority::High];
    let ids: Vec<StreamId> = (0..30)
        .map(|n| {
            let id = streaming.reserve(1000 + n * 100, priorities[n % 3]).unwrap();
            streaming.evict(id).unwrap();
            id
        })
        .collect();
    let (evicted, loaded) = (AtomicU64::new(0), AtomicU64::new(0));
    thread::scope(|scope| {
        for seed in 0..4 {
            let (ids, fixture, evicted, loaded) = (&ids, &fixture, &evicted, &loaded);
            scope.spawn(move || {
                let (streaming, mut rng, mut held) = (fixture.alloc.streaming(), Rng::new(seed), Vec::new());
                for _ in 0..STEPS {
                    let at = rng.below(ids.len());
                    match streaming.access(ids[at]) {
                        Ok(data) => {
                            assert!(
                                data.len() == 1000 + at * 100 && data.iter().all(|byte| *byte == at as u8)
                            );
                            held.push(data);
                        }
                        Err(StreamError::Evicted | StreamError::NotLoaded { .. }) => {
                            evicted.fetch_add(1, Ordering::Relaxed);
                            match streaming.begin_load(ids[at]) {
                                Ok(mut load) => {
                                    while load.loaded() < load.size() {
                                        let piece = load.unfilled().len().min(500);
                                        load.write(&vec![at as u8; piece]).unwrap();
                                    }
                                    load.finish_load().unwrap();
                                    loaded.fetch_add(1, Ordering::Relaxed);
                                }
                                Err(
                                    StreamError::InUse | StreamError::AlreadyLoaded | StreamError::Refused(_),
                                ) => {}
                                Err(other) => panic!("{other}"),
                            }
                        }
                        Err(StreamError::InUse) => {}
                        Err(other) => panic!("{other}"),
                    }
                    if held.len() > rng.below(3) {
                        held.clear();
                    }
                    assert!(streaming.stats().used_bytes <= BUDGET as u64);
                }
            });
        }
    });
    let stats = streaming.stats();
    assert!(stats.peak_bytes <= BUDGET as u64 && stats.loads == loaded.into_inner(), "{stats:?}");
    assert!(cfg!(miri) || (evicted.into_inner() > 0 && stats.evictions > 100), "{stats:?}");
    ids.into_iter().for_each(|id| assert!(streaming.release(id)));
    assert_eq!((streaming.stats().used_bytes, fixture.stats().total.live_bytes()), (0, 0));
}

#[test]
fn one_of_many_reloads_a_resource() {
    let fixture = Fixture::default();
    let streaming = fixture.alloc.streaming();
    let id = streaming.reserve(5000, StreamPriority::Normal).unwrap();
    for _ in 0..if cfg!(miri) { 2 } else { 200 } {
        streaming.evict(id).unwrap();
        let loads = AtomicU64::new(0);
        thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    if let Ok(mut load) = fixture.alloc.streaming().begin_load(id)
                        && load.loaded() == 0
                    {
                        load.write(&[1; 5000]).unwrap();
                        load.finish_load().unwrap();
                        loads.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
        });
        assert_eq!((loads.into_inner(), streaming.stats().used_bytes), (1, 5000));
    }
}
