//! Several threads on one budget.

use std::alloc::Layout;
use std::sync::atomic::{AtomicI64, Ordering};
use std::thread;

use framealloc_tests::{Fixture, Rng, on_thread};

use super::hard;

/// What is alive, and the most that ever was, as the program itself counts it.
#[derive(Default)]
struct Ledger {
    live: AtomicI64,
    most: AtomicI64,
}

impl Ledger {
    fn add(&self, bytes: i64) {
        let live = self.live.fetch_add(bytes, Ordering::SeqCst) + bytes;
        self.most.fetch_max(live, Ordering::SeqCst);
    }
}

#[test]
fn never_exceeded_by_a_byte_on_four_threads() {
    const LIMIT: usize = 300_007;
    let fixture = Fixture::default();
    let alloc = &fixture.alloc;
    alloc.set_tag_budget("t", hard(LIMIT));
    let ledger = Ledger::default();
    let rounds = if cfg!(miri) { 30 } else { 400 };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|seed| {
                let ledger = &ledger;
                scope.spawn(move || {
                    let mut rng = Rng::new(seed);
                    let _tag = alloc.tag_scope("t");
                    let (mut pool, mut heap) = (Vec::new(), Vec::new());
                    for _ in 0..rounds {
                        let frame = alloc.frame();
                        let mut mine = 0;
                        for _ in 0..rng.below(40) {
                            let size = rng.below(8000) + 1;
                            if frame.try_alloc_layout(Layout::array::<u8>(size).unwrap()).is_ok() {
                                mine += size as i64;
                                ledger.add(size as i64);
                            }
                            if let Ok(boxed) = alloc.try_pool_box([0_u8; 500]) {
                                ledger.add(500);
                                pool.push(boxed);
                            }
                            if let Ok(boxed) = alloc.try_heap_box([0_u8; 300]) {
                                ledger.add(300);
                                heap.push(boxed);
                            }
                            if rng.one_in(3) && pool.len() > 5 {
                                ledger.add(-500);
                                drop(pool.swap_remove(0));
                            }
                        }
                        ledger.add(-(heap.len() as i64) * 300);
                        heap.clear();
                        ledger.add(-mine);
                        drop(frame);
                    }
                    ledger.add(-(pool.len() as i64) * 500);
                })
            })
            .collect();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    });
    let most = ledger.most.load(Ordering::SeqCst);
    assert!(most <= LIMIT as i64, "{most} of {LIMIT}");
    assert!(most > LIMIT as i64 * 8 / 10, "{most}: the budget was under pressure");
    let budget = alloc.tag_budget("t").unwrap();
    assert_eq!((budget.used, budget.reserved), (0, 0), "{budget:?}");
    assert!(budget.peak <= LIMIT as u64 && budget.refusals > 0, "{budget:?}");
}

#[test]
fn the_last_byte_goes_to_one_thread_when_the_others_are_gone() {
    let fixture = Fixture::default();
    let alloc = &fixture.alloc;
    alloc.set_budget(hard(1_000_000));
    thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    let frame = alloc.frame();
                    for _ in 0..100 {
                        frame.try_alloc([0_u8; 1000]).unwrap();
                    }
                })
            })
            .collect();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    });
    on_thread(|| {
        let frame = alloc.frame();
        assert!(
            frame.try_alloc_layout(Layout::array::<u8>(1_000_000).unwrap()).is_ok(),
            "{:?}",
            alloc.budget()
        );
        assert!(frame.try_alloc(1_u8).is_err());
    });
}

#[test]
fn a_thread_is_refused_early_by_no_more_than_what_others_hold() {
    // Two slabs of 64 KiB each and their frames' leases, says the documentation.
    let fixture = Fixture::default();
    let alloc = &fixture.alloc;
    alloc.set_budget(hard(2 << 20));
    let barrier = std::sync::Barrier::new(3);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let frame = alloc.frame();
                frame.alloc(1_u64);
                barrier.wait();
                barrier.wait();
            });
        }
        barrier.wait();
        let frame = alloc.frame();
        let layout = Layout::array::<u8>(1024).unwrap();
        let given = (0..).take_while(|_| frame.try_alloc_layout(layout).is_ok()).count() * 1024;
        assert!(given + 2 * (128 + 64) * 1024 >= 2 << 20, "{given}");
        barrier.wait();
    });
}

#[test]
fn frees_on_other_threads_are_refunded() {
    let fixture = Fixture::default();
    let alloc = &fixture.alloc;
    alloc.set_tag_budget("t", hard(100_000));
    for _ in 0..20 {
        let boxes = alloc.with_tag("t", |alloc| {
            let pool: Vec<_> = (0..50).map(|_| alloc.try_pool_box([0_u8; 1000]).unwrap()).collect();
            let heap: Vec<_> = (0..40).map(|_| alloc.try_heap_box([0_u8; 1000]).unwrap()).collect();
            (pool, heap)
        });
        // Once by a thread without a heap of this allocator, once by one that has one.
        let (pool, heap) = boxes;
        on_thread(move || drop(pool));
        on_thread(move || {
            alloc.tag_path();
            drop(heap);
        });
    }
    assert_eq!(alloc.tag_budget("t").unwrap().used, 0);
    assert_eq!(alloc.stats().total.live_bytes(), 0);
}
