//! Threads, allocators, frames and handles that end in every order.

use std::cell::{Cell, RefCell};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;

use framealloc::{AllocConfig, Frame, FrameBox, HeapBox, PoolBox, SmartAlloc};
use framealloc_tests::fixture::leaves_nothing;
use framealloc_tests::model::exhume;
use framealloc_tests::{Counted, DropCounter, Fixture, on_thread};

#[test]
fn pool_and_heap_boxes_drop_anywhere() {
    let counter = DropCounter::default();
    let fixture = Fixture::small();
    let (send, receive) = mpsc::channel::<(PoolBox<Counted>, HeapBox<Counted>)>();
    let producer = {
        let (alloc, counter) = (fixture.alloc.clone(), counter.clone());
        thread::spawn(move || {
            for n in 0..2000 {
                let boxes = (alloc.pool_box(counter.make(n)), alloc.heap_box(counter.make(n)));
                send.send(boxes).unwrap();
            }
        })
    };
    on_thread(move || {
        for (n, (pool, heap)) in receive.iter().enumerate() {
            assert_eq!((pool.payload, heap.payload), (n as u64, n as u64));
        }
    });
    producer.join().unwrap();
    assert_eq!(counter.alive(), 0);
    let stats = fixture.stats();
    assert_eq!((stats.total.pool.live_bytes, stats.total.heap.live_bytes), (0, 0));
    assert_eq!((stats.total.pool.allocations, stats.total.heap.allocations), (2000, 2000));
    fixture.assert_all_freed();
}

#[test]
fn boxes_outlive_allocator_and_thread() {
    let counter = DropCounter::default();
    let backend = {
        let fixture = Fixture::small();
        let boxes = on_thread(|| {
            let alloc = &fixture.alloc;
            (alloc.pool_box(counter.make(1)), alloc.heap_box(counter.make(2)), {
                alloc.scratch_pool("s").boxed(counter.make(3)).unwrap()
            })
        });
        let backend = Arc::clone(&fixture.backend);
        drop(fixture);
        boxes.0.verify();
        boxes.1.verify();
        boxes.2.verify();
        assert!(backend.counts().live_bytes > 0);
        drop(boxes);
        backend
    };
    assert_eq!((counter.alive(), backend.counts().live_blocks), (0, 0));
}

#[test]
fn frames_and_handles_outlive_their_allocator() {
    let counter = DropCounter::default();
    let backend = on_thread(|| {
        let fixture = Fixture::small();
        let backend = Arc::clone(&fixture.backend);
        let frame = fixture.alloc.frame();
        let boxed = frame.boxed(counter.make(1));
        let mut vec = frame.vec();
        vec.extend(0..100_u64);
        drop(fixture);
        vec.extend(100..10_000);
        assert_eq!(vec.iter().sum::<u64>(), 49_995_000);
        let child = frame.child();
        child.slice_from_fn(1000, |n| n);
        drop(child);
        boxed.verify();
        backend
    });
    assert_eq!((counter.alive(), backend.counts().live_blocks), (0, 0));
}

#[test]
fn thousands_of_short_threads_leave_nothing() {
    let fixture = Fixture::small();
    let threads = if cfg!(miri) { 20 } else { 2000 };
    let mut after_some = 0;
    for n in 0..threads {
        let alloc = &fixture.alloc;
        on_thread(|| {
            alloc.begin_frame();
            let _tag = alloc.tag_scope(["a", "b", "c"][n % 3]);
            let frame = alloc.frame();
            frame.slice_from_fn(n % 500, |n| n as u64);
            drop(alloc.frame_box([n; 20]));
            drop(alloc.pool_box([n; 20]));
            // fa:allow(FA607): some threads end with it open
            alloc.begin_phase("p");
            if n % 3 == 0 {
                alloc.end_phase();
                alloc.end_frame();
            }
        });
        if n == threads / 10 {
            after_some = fixture.live_bytes();
        }
    }
    assert!(fixture.live_bytes() <= after_some, "{after_some} grew to {}", fixture.live_bytes());
    let stats = fixture.stats();
    assert_eq!((stats.ended_threads, stats.total.live_bytes()), (threads as u64, 0));
    assert_eq!(stats.threads.len(), 1, "the reader: {:?}", stats.threads);
    fixture.assert_all_freed();
}

#[test]
fn a_thread_that_panics_between_begin_and_end_leaves_nothing() {
    let fixture = Fixture::small();
    for _ in 0..20 {
        let alloc = fixture.alloc.clone();
        let thread = thread::spawn(move || {
            alloc.begin_frame();
            let _kept = alloc.frame_box([0_u8; 100]);
            // fa:allow(FA607): the thread ends with it open
            let _checkpoint = alloc.frame_checkpoint();
            panic!("in the frame");
        });
        assert!(thread.join().is_err());
    }
    assert_eq!(fixture.stats().total.live_bytes(), 0);
    fixture.assert_all_freed();
}

#[test]
fn a_leaked_frame_keeps_its_memory_and_shows_in_the_statistics() {
    let fixture = Fixture::small();
    let value = on_thread(|| {
        let frame: &'static Frame = exhume(fixture.alloc.frame());
        let _tag = fixture.alloc.tag_scope("leaky");
        &*frame.slice_from_fn(1000, |n| n as u64)
    });
    // The memory is never recycled, whoever comes after.
    for n in 0..200_u64 {
        on_thread(|| fixture.alloc.frame().slice_from_fn(1000, |_| n).len());
    }
    assert!(value.iter().enumerate().all(|(n, value)| n as u64 == *value));
    let tag = fixture.alloc.tag_stats("leaky").unwrap();
    assert_eq!(tag.frame.live_bytes, 8000, "used before the thread ended");
}

#[test]
fn a_leaked_frame_holds_no_more_of_a_budget_than_it_uses() {
    let fixture = Fixture::default();
    let alloc = &fixture.alloc;
    alloc.set_budget(framealloc::Budget::bytes(100_000).on_exceed(framealloc::OnExceed::Fail));
    on_thread(|| {
        let frame: &'static Frame = exhume(alloc.frame());
        frame.alloc([0_u8; 1000]);
    });
    let frame = alloc.frame();
    assert!(
        frame.try_alloc_layout(std::alloc::Layout::array::<u8>(99_000).unwrap()).is_ok(),
        "{:?}",
        alloc.budget()
    );
}

#[test]
fn leaked_ambient_boxes_stay_valid_after_their_thread() {
    static ALLOC: std::sync::OnceLock<SmartAlloc> = std::sync::OnceLock::new();
    let alloc = ALLOC.get_or_init(|| SmartAlloc::new(AllocConfig::minimal().with_sink(silent())).unwrap());
    let leaked: &'static [u64; 64] = on_thread(|| {
        alloc.begin_frame();
        let boxed = alloc.frame_box([9_u64; 64]);
        let boxed: &'static mut FrameBox<'static, [u64; 64]> = exhume(boxed);
        alloc.end_frame();
        &**boxed
    });
    for n in 0..50 {
        on_thread(|| {
            alloc.begin_frame();
            drop(alloc.frame_box([n; 64]));
            alloc.frame().slice_from_fn(500, |_| n);
            alloc.end_frame();
        });
    }
    assert_eq!(leaked, &[9; 64]);
}

fn silent() -> Arc<framealloc::diagnostics::RingSink> {
    Arc::new(framealloc::diagnostics::RingSink::new(16))
}

thread_local! {
    static ALLOCATOR: SmartAlloc = SmartAlloc::with_defaults();
    static HELD: RefCell<Vec<Box<dyn FnOnce()>>> = const { RefCell::new(Vec::new()) };
}

#[test]
fn an_allocator_in_a_thread_local() {
    for _ in 0..20 {
        on_thread(|| {
            ALLOCATOR.with(|alloc| {
                let frame = alloc.frame();
                assert_eq!(frame.slice_from_fn(100, |n| n).len(), 100);
                alloc.begin_frame();
                drop(alloc.frame_box(1));
                drop(alloc.pool_box(2));
            });
        });
    }
}

/// Runs what was deferred when the thread's destructors run.
struct Deferred(Cell<Vec<Box<dyn FnOnce()>>>);

impl Drop for Deferred {
    fn drop(&mut self) {
        self.0.take().into_iter().for_each(|work| work());
    }
}

thread_local! {
    static FIRST: Deferred = const { Deferred(Cell::new(Vec::new())) };
    static SECOND: Deferred = const { Deferred(Cell::new(Vec::new())) };
    static THIRD: Deferred = const { Deferred(Cell::new(Vec::new())) };
}

fn defer(to: &'static thread::LocalKey<Deferred>, work: impl FnOnce() + 'static) {
    to.with(|deferred| {
        let mut list = deferred.0.take();
        list.push(Box::new(work));
        deferred.0.set(list);
    });
}

#[test]
fn frames_dropped_in_thread_local_destructors() {
    let counter = DropCounter::default();
    leaves_nothing(AllocConfig::minimal(), |fixture| {
        for (early, key) in [(true, &FIRST), (false, &SECOND), (true, &THIRD)] {
            if early {
                // Registered before the heap's own exit, so it runs after it.
                defer(key, || ());
            }
            let alloc = fixture.alloc.clone();
            let frame = alloc.frame();
            frame.slice_from_fn(100, |n| n);
            let tagged = alloc.clone();
            let counter = counter.clone();
            defer(key, move || {
                let boxed = frame.boxed(counter.make(1));
                frame.slice_from_fn(3000, |n| n as u64);
                let _tag = tagged.tag_scope("late");
                boxed.verify();
                drop(boxed);
                drop(frame);
            });
        }
    });
    assert_eq!((counter.made(), counter.alive()), (3, 0));
}

#[test]
fn heaps_first_used_in_thread_local_destructors() {
    static RUN: AtomicU64 = AtomicU64::new(0);
    let fixture = Fixture::small();
    for n in 0..100 {
        on_thread(|| {
            for key in [&FIRST, &SECOND, &THIRD] {
                let alloc = fixture.alloc.clone();
                defer(key, move || {
                    RUN.fetch_add(1, Ordering::SeqCst);
                    alloc.begin_frame();
                    let boxed = alloc.frame_box([n; 10]);
                    let frame = alloc.frame();
                    let slice = frame.slice_from_fn(2000, |n| n);
                    assert_eq!(slice[1999], 1999);
                    let pool = alloc.pool_box([n; 10]);
                    let _tag = alloc.tag_scope("late");
                    assert_eq!((*boxed, *pool), ([n; 10], [n; 10]));
                    drop((boxed, pool));
                    alloc.end_frame();
                });
            }
        });
    }
    assert_eq!(RUN.load(Ordering::SeqCst), 300);
    assert_eq!(fixture.stats().total.live_bytes(), 0);
    fixture.assert_all_freed();
}

#[test]
fn ambient_handles_dropped_in_thread_local_destructors() {
    static ALLOC: std::sync::OnceLock<Fixture> = std::sync::OnceLock::new();
    let fixture = ALLOC.get_or_init(Fixture::small);
    let counter = DropCounter::default();
    for n in 0..20 {
        let counter = counter.clone();
        on_thread(move || {
            if n % 2 == 0 {
                HELD.with(|_| ());
            }
            fixture.alloc.begin_frame();
            let boxed = fixture.alloc.frame_box(counter.make(n));
            let mut vec = fixture.alloc.frame_vec();
            vec.extend(0..100_u32);
            let more = move || {
                boxed.verify();
                vec.extend(100..2000);
                assert_eq!(vec.len(), 2000);
            };
            HELD.with_borrow_mut(|held| held.push(Box::new(more)));
            if n % 3 == 0 {
                fixture.alloc.end_frame();
            }
            defer(&FIRST, || {
                HELD.try_with(|held| held.take().into_iter().for_each(|work| work())).unwrap_or(())
            });
        });
    }
    assert_eq!(counter.alive(), 0);
    assert_eq!(fixture.stats().total.live_bytes(), 0);
}

#[test]
fn many_threads_one_allocator() {
    let fixture = Fixture::small();
    thread::scope(|scope| {
        let threads: Vec<_> = (0..4_u64)
            .map(|id| {
                let alloc = &fixture.alloc;
                scope.spawn(move || {
                    for round in 0..300_u64 {
                        alloc.begin_frame();
                        let frame = alloc.frame();
                        let _tag = alloc.tag_scope(["a", "b"][(round % 2) as usize]);
                        let blocks: Vec<_> = (0..20).map(|n| frame.alloc([id * 1000 + n; 16])).collect();
                        let pool: Vec<_> = (0..20).map(|n| alloc.pool_box([id * 1000 + n; 9])).collect();
                        let stats = alloc.stats();
                        assert!(stats.total.frame.live_bytes >= 20 * 128);
                        for (n, (block, boxed)) in blocks.iter().zip(&pool).enumerate() {
                            assert_eq!((block[15], boxed[8]), (id * 1000 + n as u64, id * 1000 + n as u64));
                        }
                        alloc.end_frame();
                    }
                })
            })
            .collect();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    });
    let stats = fixture.stats();
    assert_eq!(stats.total.live_bytes(), 0);
    assert_eq!(stats.total.frame.allocations, 4 * 300 * 20);
    assert_eq!(stats.total.frame.allocated_bytes, 4 * 300 * 20 * 128);
    fixture.assert_all_freed();
}

#[test]
fn references_into_a_frame_cross_scoped_threads() {
    let alloc = SmartAlloc::with_defaults();
    let frame = alloc.frame();
    let parts = frame.slice_from_fn(4000, |n| n as u64);
    thread::scope(|scope| {
        for chunk in parts.chunks_mut(1000) {
            scope.spawn(|| chunk.iter_mut().for_each(|n| *n *= 2));
        }
    });
    assert_eq!(parts.iter().sum::<u64>(), 2 * (0..4000).sum::<u64>());
}
