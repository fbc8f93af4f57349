//! Ordinary heap memory that is alive, by tag and between marks, with `Tracking<_, Live>` installed.

use std::alloc::{Layout, System};
use std::cell::RefCell;
use std::hint::black_box;
use std::sync::mpsc;
use std::thread;

use framealloc::tracking::{Live, is_live, unattributed};
use framealloc::{SmartAlloc, Tracking, UnfreedTraffic};
use framealloc_tests::cases::{cases, first_seed};
use framealloc_tests::{Fixture, Rng, chaos, on_thread};

#[global_allocator]
static GLOBAL: Tracking<System, Live> = Tracking::new(System);

/// (bytes, blocks) alive under a tag itself.
#[track_caller]
fn live(alloc: &SmartAlloc, tag: &str) -> (u64, u64) {
    let traffic = alloc.tag_stats(tag).expect("the tag is known").traffic;
    (traffic.live_bytes.expect("it is live"), traffic.live_blocks.expect("it is live"))
}

#[test]
fn blocks_stay_with_their_owner() {
    let fixture = Fixture::small();
    let alloc = &fixture.alloc;
    let mut list = alloc.with_tag("owner", |_| black_box(Vec::<u64>::with_capacity(4)));
    assert!(is_live());
    assert_eq!(live(alloc, "owner"), (32, 1));
    alloc.with_tag("other", |_| {
        list.extend(0..1000);
        list.shrink_to_fit();
    });
    assert_eq!((live(alloc, "owner"), live(alloc, "other")), ((8000, 1), (0, 0)));
    assert!(list.iter().copied().eq(0..1000));
    on_thread(|| alloc.with_tag("other", |_| drop(list)));
    assert_eq!((live(alloc, "owner"), live(alloc, "other")), ((0, 0), (0, 0)));
}

#[test]
fn tags_inside_count_in_the_inclusive_figure() {
    let fixture = Fixture::small();
    let alloc = &fixture.alloc;
    let kept = alloc
        .with_tag("a", |alloc| (black_box(Box::new(1_u64)), alloc.with_tag("b", |_| Box::new([0_u8; 92]))));
    let stats = alloc.tag_stats("a").unwrap();
    assert_eq!((stats.traffic.live_bytes, stats.inclusive.traffic.live_bytes), (Some(8), Some(100)));
    assert_eq!(stats.inclusive.traffic.live_blocks, Some(2));
    drop(kept);
}

#[test]
fn every_layout_is_served_or_refused() {
    let fixture = Fixture::small();
    let alloc = &fixture.alloc;
    alloc.with_tag("layouts", |_| {
        for align in [1, 2, 16, 64, 4096] {
            for size in [1, 2, 3, 4095, 4096, 100_000] {
                let layout = Layout::from_size_align(size, align).unwrap();
                let larger = Layout::from_size_align(size + 4099, align).unwrap();
                // SAFETY: each block is used with its layout, until it is freed.
                unsafe {
                    let block = std::alloc::alloc_zeroed(layout);
                    assert!(
                        block.addr().is_multiple_of(align) && (0..size).all(|at| block.add(at).read() == 0)
                    );
                    block.write_bytes(0xAB, size);
                    let block = std::alloc::realloc(block, layout, larger.size());
                    assert!(
                        block.addr().is_multiple_of(align)
                            && (0..size).all(|at| block.add(at).read() == 0xAB)
                    );
                    block.write_bytes(0xCD, larger.size());
                    let block = std::alloc::realloc(block, larger, 1);
                    assert_eq!(block.read(), 0xCD);
                    std::alloc::dealloc(block, Layout::from_size_align(1, align).unwrap());
                }
            }
            let largest = Layout::from_size_align(isize::MAX as usize - (align - 1), align).unwrap();
            // SAFETY: the layout is not empty; nothing was allocated.
            assert!(unsafe { std::alloc::alloc(largest) }.is_null());
        }
    });
    assert_eq!(live(alloc, "layouts"), (0, 0));
    assert!(Vec::<u8>::new().try_reserve_exact(isize::MAX as usize).is_err());
}

#[test]
fn threads_without_an_allocator_pay_for_nobody() {
    thread::spawn(|| {
        let before = unattributed();
        let block = black_box(vec![0_u8; 10 << 20]);
        let with = unattributed();
        assert!(with.bytes >= before.bytes + (9 << 20), "{before:?} {with:?}");
        drop(block);
        assert!(unattributed().bytes < with.bytes - (9 << 20));
    })
    .join()
    .unwrap();
}

#[test]
fn the_allocator_that_the_thread_used_last_pays() {
    let (first, second) = (Fixture::small(), Fixture::small());
    let kept = on_thread(|| {
        let _first = first.alloc.tag_scope("t");
        let _second = second.alloc.tag_scope("t");
        let one = black_box(Box::new([0_u8; 10]));
        first.alloc.begin_frame();
        (one, black_box(Box::new([0_u8; 20])))
    });
    assert_eq!((live(&second.alloc, "t"), live(&first.alloc, "t")), ((10, 1), (20, 1)));
    drop(kept);
    assert_eq!((live(&second.alloc, "t"), live(&first.alloc, "t")), ((0, 0), (0, 0)));
}

#[test]
fn destructors_of_thread_locals_allocate_and_free() {
    struct Late(Option<Box<[u8; 500]>>, SmartAlloc);

    impl Drop for Late {
        fn drop(&mut self) {
            drop(self.0.take());
            let kept = self.1.with_tag("late", |_| black_box(Box::new([0_u8; 300])));
            assert_eq!(live(&self.1, "late"), (300, 1));
            drop((black_box(vec![1_u8; 100]), kept));
        }
    }

    thread_local! {
        static EARLY: RefCell<Option<Late>> = const { RefCell::new(None) };
        static LATE: RefCell<Option<Late>> = const { RefCell::new(None) };
    }

    let fixture = Fixture::small();
    let alloc = fixture.alloc.clone();
    thread::spawn(move || {
        // One destructor runs before the one of the thread's heap, the other after it.
        EARLY.with_borrow_mut(|early| *early = Some(Late(None, alloc.clone())));
        let mine = alloc.with_tag("early", |_| Box::new([0_u8; 500]));
        LATE.with_borrow_mut(|late| *late = Some(Late(Some(mine), alloc.clone())));
    })
    .join()
    .unwrap();
    assert_eq!((live(&fixture.alloc, "early"), live(&fixture.alloc, "late")), ((0, 0), (0, 0)));
    fixture.assert_all_freed();
}

#[test]
fn what_two_frames_left_behind_is_known() {
    let fixture = Fixture::small();
    let alloc = &fixture.alloc;
    let _before = alloc.with_tag("cache", |_| black_box(Box::new([0_u8; 1000])));
    let mut kept = Vec::with_capacity(100);
    let mut marks = Vec::with_capacity(11);
    marks.push(alloc.traffic_mark());
    for frame in 0..10_usize {
        alloc.begin_frame();
        alloc.with_tag("temporary", |_| drop(black_box(vec![0_u8; 5000])));
        alloc.with_tag("cache", |_| kept.push(black_box(vec![0_u8; frame + 1])));
        on_thread(|| alloc.with_tag("worker", |_| drop(black_box(Box::new(1)))));
        alloc.end_frame();
        marks.push(alloc.traffic_mark());
    }
    assert!(marks.windows(2).all(|pair| pair[0] < pair[1]));
    assert_eq!(marks[5].frame_number(), alloc.frame_number() - 5);
    // What the runtime of the threads keeps has no tag.
    let unfreed = |from: usize, to: usize| {
        let mut unfreed = alloc.unfreed_traffic(marks[from], marks[to]);
        unfreed.retain(|tag| &*tag.path != "(untagged)");
        unfreed
    };
    let cache = |bytes, blocks| vec![UnfreedTraffic { path: "cache".into(), bytes, blocks }];
    assert_eq!(unfreed(2, 5), cache(3 + 4 + 5, 3));
    kept[3].reserve_exact(96);
    assert_eq!(unfreed(2, 5), cache(3 + 100 + 5, 3), "a block that moved is of its own time");
    kept.remove(2);
    assert_eq!(unfreed(2, 5), cache(105, 2));
    kept.clear();
    assert_eq!((unfreed(0, 10), unfreed(10, 0)), (vec![], vec![]));
    assert_eq!(live(alloc, "cache"), (1000, 1));
}

/// Threads hand blocks around, under changing tags, while marks are made: in the end nothing is left, of any tag.
#[test]
fn counts_are_exact_under_load() {
    let fixture = Fixture::small();
    let alloc = &fixture.alloc;
    let first = alloc.traffic_mark();
    let (sender, receiver) = mpsc::sync_channel::<Vec<u8>>(64);
    let worker = |seed, sender: mpsc::SyncSender<Vec<u8>>| {
        let mut rng = Rng::new(seed);
        let mut mine = Vec::new();
        for _ in 0..5_000 {
            let _tag = alloc.tag_scope(["a", "b", "a/c", "d/e"][rng.below(4)]);
            mine.push(vec![7_u8; 1 + rng.below(300)]);
            if rng.below(3) == 0 {
                let at = rng.below(mine.len());
                mine.swap_remove(at).shrink_to_fit();
            }
            if rng.below(3) == 0 && !mine.is_empty() {
                let mut sent = mine.swap_remove(0);
                sent.reserve(rng.below(500));
                sender.send(sent).unwrap();
            }
            if rng.below(50) == 0 {
                alloc.traffic_mark();
            }
        }
    };
    thread::scope(|scope| {
        let worker = &worker;
        let mut threads: Vec<_> = (0..3)
            .map(|seed| {
                let sender = sender.clone();
                scope.spawn(move || worker(seed, sender))
            })
            .collect();
        drop(sender);
        threads.push(scope.spawn(move || {
            receiver.into_iter().for_each(|block| assert!(block.iter().all(|byte| *byte == 7)));
        }));
        // Joined, because what their thread-locals hold is freed after the scope's end otherwise.
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    });
    let left = alloc.unfreed_traffic(first, alloc.traffic_mark());
    let left: Vec<_> = left.iter().filter(|tag| &*tag.path != "(untagged)").collect();
    assert!(left.is_empty(), "{left:?}");
}

/// Whatever happens inside of whatever: a tag has what the program allocated under it, and in the end nothing.
#[test]
fn programs_of_chaos_leave_nothing() {
    let first = first_seed();
    for seed in first..first + cases(60) {
        println!("seed {seed}");
        chaos::check(chaos::random_program(seed, 1, 80));
    }
}

#[test]
fn the_library_counts_nothing_of_its_own() {
    let fixture = Fixture::small();
    let alloc = &fixture.alloc;
    for round in 0..50_usize {
        let _tag = alloc.tag_scope(["a", "b", "c"][round % 3]);
        let _phase = alloc.phase_scope(["p", "q"][round % 2]);
        alloc.begin_frame();
        drop((alloc.frame_box([0_u8; 9000]), alloc.pool_box(2), alloc.heap_box(3)));
        alloc.traffic_mark();
        alloc.end_frame();
    }
    for tag in ["a", "b", "c"] {
        assert_eq!(live(alloc, tag), (0, 0));
    }
}
