use super::*;
use std::cell::RefCell;
use std::sync::mpsc::sync_channel;
use std::thread;

#[test]
fn a_one_way_pipeline_runs_in_bounded_memory() {
    for consumer_has_pool in [true, false] {
        let (depot, counting) = depot();
        let (send, receive) = sync_channel::<PoolBox<[u64; 8]>>(256);
        thread::scope(|scope| {
            scope.spawn(|| {
                let _pool = consumer_has_pool.then(|| Thread::new(&depot));
                let mut sum = 0;
                for boxed in receive {
                    sum += boxed[7];
                }
                assert_eq!(sum, (0..rounds(100_000) as u64).sum::<u64>());
            });
            let thread = Thread::new(&depot);
            for n in 0..rounds(100_000) {
                send.send(thread.boxed([n as u64; 8])).expect("the consumer lives");
            }
            drop(send);
        });
        let peak = counting.counts().peak_bytes;
        assert!(peak < 1 << 20, "peak {peak} with a pool at the consumer: {consumer_has_pool}");
        let stats = depot.totals();
        assert_eq!((stats.allocations, stats.live_objects), (rounds(100_000) as u64, 0));
        drop(depot);
        assert_eq!(counting.counts().live_blocks, 0);
    }
}

#[test]
fn threads_that_trade_whole_bursts_settle() {
    let (depot, counting) = depot();
    let (send, receive) = sync_channel::<Vec<PoolBox<[u64; 8]>>>(1);
    let (done, answer) = sync_channel(1);
    let burst = if cfg!(miri) { 600 } else { 10_000 };
    thread::scope(|scope| {
        scope.spawn(|| {
            let _pool = Thread::new(&depot);
            for boxes in receive {
                drop(boxes);
                done.send(()).expect("the producer waits");
            }
        });
        let thread = Thread::new(&depot);
        let mut calls = 0;
        for round in 0..20 {
            send.send((0..burst).map(|n| thread.boxed([n; 8])).collect()).expect("the consumer lives");
            answer.recv().expect("the consumer answers");
            if round == 10 {
                calls = counting.counts().allocations;
            }
        }
        assert_eq!(counting.counts().allocations, calls, "every rack and every page is used again");
        drop(send);
    });
    drop(depot);
    assert_eq!(counting.counts().live_blocks, 0);
}

#[test]
fn thousands_of_short_threads_leave_nothing_behind() {
    let (depot, counting) = depot();
    let mut settled = 0;
    for round in 0..rounds(2000) {
        let depot = &depot;
        thread::scope(|scope| {
            scope.spawn(move || {
                let thread = Thread::new(depot);
                thread.0.select(round as u16 % 3, false);
                let boxes: Vec<_> = (0..300).map(|n| thread.boxed([n; 4])).collect();
                assert_eq!(boxes[299][0], 299);
            });
        });
        if round == 10 {
            settled = counting.counts().live_bytes;
        }
    }
    assert!(counting.counts().live_bytes <= settled.max(1 << 18));
    let totals = depot.totals();
    assert_eq!((totals.allocations, totals.cached_bytes), (rounds(2000) as u64 * 300, 0));
    drop(depot);
    assert_eq!(counting.counts().live_blocks, 0);
}

#[test]
fn empty_pages_go_back() {
    let (depot, counting) = depot();
    let thread = Thread::new(&depot);
    let mut boxes: Vec<_> = (0..rounds(100_000)).map(|n| thread.boxed([n; 8])).collect();
    let full = depot.totals();
    assert!(full.pages as usize >= rounds(100_000) * 64 / 65536);
    let mut rng = Rng(99);
    for n in (1..boxes.len()).rev() {
        boxes.swap(n, rng.below(n + 1));
    }
    drop(boxes);
    thread.0.shrink();
    // One page per group may stay until it is trimmed.
    assert!(depot.totals().pages <= 1, "{:?}", depot.totals());
    let before = counting.counts().live_bytes;
    let freed = depot.trim();
    assert!(freed >= 65536 && counting.counts().live_bytes == before - freed as u64);
    assert_eq!(depot.totals().reserved_bytes, 0);
    drop(thread.boxed(1_u8));
}

#[test]
fn freeing_in_order_returns_pages_without_a_trim() {
    let (depot, _) = depot();
    let thread = Thread::new(&depot);
    let boxes: Vec<_> = (0..rounds(100_000)).map(|n| thread.boxed([n; 8])).collect();
    let full = depot.totals().pages;
    drop(boxes);
    assert!(depot.totals().pages <= 4 || full <= 4, "{:?}", depot.totals());
}

#[test]
fn many_threads_trade_objects_of_many_tags() {
    let (depot, counting) = depot();
    let shelf = std::sync::Mutex::new(Vec::<PoolBox<[usize; 9]>>::new());
    thread::scope(|scope| {
        for seed in 1..=4 {
            let (depot, shelf) = (&depot, &shelf);
            scope.spawn(move || {
                let thread = (seed != 4).then(|| Thread::new(depot));
                let alloc = PoolAlloc::new(Arc::clone(depot), 9);
                let mut rng = Rng(seed);
                for round in 0..rounds(30_000) {
                    if let Some(thread) = &thread {
                        thread.0.select(rng.below(5) as u16, false);
                    }
                    let boxed = alloc.try_box([round; 9]).expect("memory");
                    let mut shelf = shelf.lock().expect("no panic");
                    shelf.push(boxed);
                    let other = (shelf.len() > 500).then(|| rng.below(500)).map(|n| shelf.swap_remove(n));
                    drop(shelf);
                    assert!(other.is_none_or(|boxed| boxed.iter().all(|&n| n == boxed[0])));
                }
            });
        }
    });
    let live = shelf.lock().expect("no panic").len() as u64;
    assert_eq!(depot.totals().live_objects, live);
    let by_tag: u64 = (0..10).map(|tag| depot.tag_totals(tag).allocations).sum();
    assert_eq!(by_tag, 4 * rounds(30_000) as u64);
    drop(depot);
    drop(shelf);
    assert_eq!(counting.counts().live_blocks, 0);
}

#[test]
fn a_box_in_a_thread_local_is_freed_after_the_pool() {
    thread_local!(static KEPT: RefCell<Vec<PoolBox<u64>>> = const { RefCell::new(Vec::new()) });
    let (depot, counting) = depot();
    thread::spawn(move || {
        KEPT.with_borrow_mut(|kept| {
            let thread = Thread::new(&depot);
            kept.extend((0..10).map(|n| thread.boxed(n)));
        });
        drop(depot);
    })
    .join()
    .expect("no panic");
    assert_eq!(counting.counts().live_blocks, 0);
}

#[test]
fn a_pool_that_was_flushed_still_works() {
    let (depot, counting) = depot();
    let thread = Thread::new(&depot);
    thread.0.select(3, false);
    drop(thread.boxed(1_u64));
    thread.0.flush();
    let boxed = thread.boxed(2_u64);
    assert_eq!(depot.tag_totals(3).live_objects, 1);
    thread.0.select(4, false);
    drop((boxed, thread.boxed(3_u64)));
    assert_eq!((depot.tag_totals(3).allocations, depot.tag_totals(4).allocations), (2, 1));
    drop((thread, depot));
    assert_eq!(counting.counts().live_blocks, 0);
}

#[test]
fn two_allocators_on_one_thread_do_not_mix() {
    let (first, first_counts) = depot();
    let (second, second_counts) = depot();
    let one = Thread::new(&first);
    let kept = one.boxed([1_u8; 40]);
    let two = Thread::new(&second);
    let other = two.boxed([2_u8; 40]);
    drop(kept);
    assert_eq!((first.totals().live_objects, second.totals().live_objects), (0, 1));
    drop((one, first));
    assert_eq!(first_counts.counts().live_blocks, 0);
    drop((other, two, second));
    assert_eq!(second_counts.counts().live_blocks, 0);
}

#[test]
fn gated_tags_are_charged_and_credited() {
    let (depot, _) = depot();
    let account = Account::new(1000);
    depot.set_meter(Arc::clone(&account) as _);
    depot.set_metered(7, true);
    let thread = Thread::new(&depot);
    let alloc = PoolAlloc::new(Arc::clone(&depot), 7);
    let other = PoolAlloc::new(Arc::clone(&depot), 1);
    // The second time round the tag has its set.
    for _ in 0..2 {
        thread.0.select(7, true);
        assert_eq!(thread.0.alloc(Layout::new::<[u8; 100]>()), None);
        let boxes: Vec<_> =
            (0..8).map(|n| alloc.try_box([n as u8; 112]).expect("within the budget")).collect();
        assert_eq!(account.live(), 896);
        assert!(alloc.try_box([0_u8; 112]).is_err());
        thread.0.select(1, false);
        let own = other.try_box([1_u8; 112]).expect("another tag");
        thread::scope(|scope| scope.spawn(|| drop(boxes)).join()).expect("no panic");
        assert_eq!((account.live(), depot.tag_totals(7).live_objects), (0, 0));
        drop(own);
        assert_eq!(account.live(), 0);
    }
    assert_eq!((thread.0.tag(), depot.tag_totals(1).allocations), (1, 2));
}
