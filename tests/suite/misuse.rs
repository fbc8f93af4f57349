//! The misuses that must be impossible or detected, one test each. What the compiler refuses is a case of the UI wall,
//! which is named here and must exist.

use std::alloc::Layout;
use std::mem::forget;
use std::path::Path;
use std::sync::Arc;
use std::thread;

use allocator_api2::alloc::Allocator;
use framealloc::diagnostics::{FA601, Strict};
use framealloc::{AllocConfig, AllocError, RetentionPolicy, SmartAlloc};
use framealloc_tests::layouts::{Line, Nothing, Page, is_aligned};
use framealloc_tests::{Counted, DropCounter, Fixture, caught, on_thread};

/// A case of the UI wall with its message.
#[track_caller]
fn compile_error(case: &str) {
    let base = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("ui-tests/fail").join(case);
    for extension in ["rs", "stderr"] {
        assert!(base.with_extension(extension).is_file(), "no ui-tests/fail/{case}.{extension}");
    }
}

#[test]
fn misuse_01_frame_box_after_end_frame() {
    let counter = DropCounter::default();
    let fixture = Fixture::small();
    on_thread(|| {
        let alloc = &fixture.alloc;
        alloc.begin_frame();
        let boxed = alloc.frame_box(counter.make(7));
        let slice = alloc.frame_slice_from_fn(1000, |n| n as u64);
        alloc.end_frame();
        for round in 0..50_u64 {
            alloc.begin_frame();
            let others: Vec<_> = (0..50).map(|n| alloc.frame_box([round + n; 30])).collect();
            boxed.verify();
            assert!(slice.iter().enumerate().all(|(n, value)| n as u64 == *value), "round {round}");
            drop(others);
            alloc.end_frame();
        }
        let report = &fixture.reports(&FA601)[0];
        assert!(report.message.starts_with("2 handles"), "{}", report.message);
    });
    assert_eq!(counter.alive(), 0);
    fixture.assert_all_freed();
    // The scoped form does not compile.
    compile_error("frame/use_after_drop");
    compile_error("frame/handle_outlives_allocator");
}

#[test]
fn misuse_02_two_allocators_on_one_thread() {
    let (first, second) = (Fixture::small(), Fixture::small());
    on_thread(|| {
        first.alloc.begin_frame();
        second.alloc.begin_frame();
        let mut held = Vec::new();
        for n in 0..300_u64 {
            let alloc = [&first.alloc, &second.alloc][(n % 2) as usize];
            held.push((n, alloc.frame_box([n; 20]), alloc.pool_box([n; 20])));
            if n % 50 == 49 {
                first.alloc.end_frame();
                first.alloc.begin_frame();
            }
        }
        for (n, frame, pool) in &held {
            assert_eq!((frame[..].to_vec(), pool[..].to_vec()), (vec![*n; 20], vec![*n; 20]));
        }
        second.alloc.end_frame();
        assert!(first.alloc.is_frame_active() && !second.alloc.is_frame_active());
        let (numbers, reports) = (first.alloc.frame_number(), second.alloc.frame_number());
        assert_eq!((numbers, reports), (7, 1));
        held.clear();
        first.alloc.end_frame();
        assert_eq!(first.alloc.stats().total.live_bytes() + second.alloc.stats().total.live_bytes(), 0);
    });
    first.assert_all_freed();
    second.assert_all_freed();
}

#[test]
fn misuse_03_static_reference_into_a_thread_that_ended() {
    // A `'static` allocator gives `'static` handles; what they lend outlives the thread because its memory does.
    static ALLOC: std::sync::OnceLock<SmartAlloc> = std::sync::OnceLock::new();
    let alloc = ALLOC.get_or_init(|| SmartAlloc::new(AllocConfig::minimal()).unwrap());
    let lent: &'static [u8; 1000] = on_thread(|| {
        let boxed = Box::leak(Box::new(alloc.frame_box([3_u8; 1000])));
        &**boxed
    });
    for _ in 0..100 {
        on_thread(|| {
            alloc.begin_frame();
            drop(alloc.frame_box([9_u8; 1000]));
            alloc.end_frame();
        });
    }
    assert_eq!(lent, &[3; 1000]);
    compile_error("escape/thread_local");
    compile_error("escape/static_item");
}

#[test]
fn misuse_04_retained_value_that_was_never_written() {
    // A retained value is moved in whole: there is no form that leaves it uninitialised, and another type is not found.
    let alloc = SmartAlloc::with_defaults();
    alloc.begin_frame();
    alloc.frame_retained_named("value", 5_u64, RetentionPolicy::PromoteToPool).release();
    let mut result = alloc.end_frame_with_promotions();
    assert!(result.promotions.take::<[u64; 2]>("value").is_none());
    assert!(result.promotions.take::<i64>("value").is_none());
    assert!(result.promotions.take::<u64>("other").is_none());
    assert_eq!(result.promotions.take::<u64>("value").map(|value| *value), Some(5));
    assert!(result.promotions.take::<u64>("value").is_none());
    compile_error("retain/no_value");
    compile_error("escape/retained_reference");
}

#[test]
fn misuse_05_full_arena_is_an_error_and_never_null() {
    let fixture = Fixture::new(AllocConfig::minimal().with_memory_limit(128 * 1024));
    let alloc = &fixture.alloc;
    let frame = alloc.frame();
    let mut blocks = Vec::new();
    let error = loop {
        match frame.try_alloc([blocks.len() as u64; 100]) {
            Ok(block) => blocks.push(block),
            Err(error) => break error,
        }
    };
    assert!(matches!(error, AllocError::OutOfMemory { requested: 800, align: 8 }), "{error:?}");
    assert!(blocks.len() > 40 && blocks.iter().enumerate().all(|(n, block)| block[99] == n as u64));
    assert!(caught(|| frame.alloc([0_u8; 100_000]).len()).contains("out of memory"));
    assert!(frame.try_alloc_layout(Layout::from_size_align(isize::MAX as usize - 8, 8).unwrap()).is_err());
    assert!(matches!(frame.try_uninit_slice::<u64>(usize::MAX), Err(AllocError::LayoutOverflow { .. })));
    let mut vec = frame.vec::<u8>();
    while vec.try_push(1).is_ok() {}
    assert!(vec.try_reserve(1 << 20).is_err() && vec.iter().all(|byte| *byte == 1));
    let mut pool = Vec::new();
    while let Ok(boxed) = alloc.try_pool_box([1_u8; 1000]) {
        pool.push(boxed);
    }
    assert!(alloc.try_heap_box([1_u8; 100_000]).is_err());
    drop((vec, pool));
    drop(frame);
    assert!(alloc.try_frame().is_ok(), "and goes on");
}

#[test]
fn misuse_06_alignment_above_16() {
    let fixture = Fixture::small();
    on_thread(|| {
        let alloc = &fixture.alloc;
        alloc.begin_frame();
        let frame = alloc.frame();
        for n in 0..20 {
            frame.alloc(n as u8);
            assert!(is_aligned(frame.alloc(Line([1; 64]))) && is_aligned(frame.alloc(Page([1; 4096]))));
            assert!(
                is_aligned(&*frame.boxed(Page([1; 4096]))) && is_aligned(&*alloc.frame_box(Line([1; 64])))
            );
            assert!(is_aligned(&*alloc.frame_box(Page([1; 4096]))));
            assert!(
                is_aligned(&*alloc.pool_box(Line([1; 64]))) && is_aligned(&*alloc.pool_box(Page([1; 4096])))
            );
            assert!(
                is_aligned(&*alloc.heap_box(Line([1; 64]))) && is_aligned(&*alloc.heap_box(Page([1; 4096])))
            );
            let scratch = alloc.scratch_pool("s").boxed(Page([1; 4096])).unwrap();
            assert!(is_aligned(&*scratch));
            let mut pages = frame.vec();
            let mut lines = alloc.frame_vec();
            for _ in 0..n {
                pages.push(Page([n as u8; 4096]));
                lines.push(Line([n as u8; 64]));
                assert!(pages.iter().all(is_aligned) && lines.iter().all(is_aligned));
            }
            assert!(pages.iter().all(|page| *page == Page([n as u8; 4096])));
            pages.shrink_to_fit();
            assert!(pages.iter().all(|page| is_aligned(page) && *page == Page([n as u8; 4096])));
            let mut map = frame.map();
            map.extend((0..n).map(|key| (key, Line([key as u8; 64]))));
            assert!(map.iter().all(|(key, line)| is_aligned(line) && *line == Line([*key as u8; 64])));
            let aligned = frame.alloc_aligned::<4096, _>(n);
            assert!(std::ptr::from_ref(aligned).addr().is_multiple_of(4096));
            assert!(is_aligned(frame.alloc(Nothing)) && is_aligned(&*alloc.pool_box(Nothing)));
            assert!(is_aligned(&*alloc.frame_box(Nothing)) && is_aligned(&*frame.boxed(Nothing)));
            let batch = alloc.frame_alloc_8::<u32>();
            assert!(batch[0].as_ptr().addr().is_multiple_of(64));
        }
        alloc.end_frame();
    });
    fixture.assert_all_freed();
}

#[test]
fn misuse_07_frame_vec_dropped_after_end_frame() {
    let counter = DropCounter::default();
    let fixture = Fixture::small();
    on_thread(|| {
        let alloc = &fixture.alloc;
        alloc.begin_frame();
        let mut vec = alloc.frame_vec();
        vec.extend((0..10).map(|n| counter.make(n)));
        alloc.end_frame();
        alloc.begin_frame();
        // It grows in its own frame's memory, not in the new one's.
        let ambient = alloc.frame_box([1_u64; 50]);
        vec.extend((10..2000).map(|n| counter.make(n)));
        assert_eq!(ambient[..], [1; 50]);
        assert!(vec.iter().enumerate().all(|(n, value)| n as u64 == value.payload));
        drop(ambient);
        alloc.end_frame();
        alloc.begin_frame();
        drop(vec);
        alloc.end_frame();
        assert_eq!(alloc.stats().total.frame.live_bytes, 0);
    });
    assert_eq!(counter.alive(), 0);
    fixture.assert_all_freed();
}

#[test]
fn misuse_08_panics_in_closures_and_destructors() {
    let counter = DropCounter::default();
    let fixture = Fixture::small();
    on_thread(|| {
        let alloc = &fixture.alloc;
        counter.panic_every(2);
        for _ in 0..20 {
            let _unwound = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                alloc.begin_frame();
                let frame = alloc.frame();
                for policy in [RetentionPolicy::Discard, RetentionPolicy::PromoteToPool] {
                    drop(frame.retain(counter.make(1), policy));
                    drop(alloc.frame_retained(counter.make(1), policy));
                }
                let _boxed = frame.boxed_slice_from_fn(5, |n| counter.make(n as u64));
                let _ambient = alloc.frame_box(counter.make(1));
            }));
            let _unwound = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| alloc.end_frame()));
        }
        counter.panic_every(0);
        alloc.end_frame();
        drop(alloc.take_promotions());
    });
    assert_eq!(counter.alive(), 0, "of {}", counter.made());
    fixture.assert_all_freed();
}

#[test]
fn misuse_10_guard_owned_vectors_outliving_the_guard() {
    compile_error("frame/outlives_scope");
    compile_error("frame/child_outlives_parent");
    compile_error("frame/speculation_lends");
    compile_error("escape/return_value");
    compile_error("escape/outer_vec");
}

#[test]
fn misuse_11_sending_an_rc_through_retention() {
    compile_error("frame/retain_not_send");
    compile_error("retain/not_send");
    compile_error("escape/rc");
}

#[test]
fn misuse_12_interior_state_shared_across_threads() {
    compile_error("frame/sent_to_thread");
    compile_error("frame/shared_with_thread");
    compile_error("frame/guard_sent_to_thread");
    compile_error("escape/thread_scope");
    compile_error("escape/thread_spawn");
    fn shareable<T: Send + Sync>() {}
    shareable::<SmartAlloc>();
    shareable::<framealloc::TaggedAllocator>();
    shareable::<framealloc::PoolBox<u8>>();
    shareable::<framealloc::HeapBox<u8>>();
    shareable::<framealloc::ScratchBox<u8>>();
    shareable::<framealloc::PoolHandle<u8>>();
    shareable::<framealloc::Tag>();
}

#[test]
fn misuse_13_references_returned_from_under_a_lock() {
    // A value on loan from a shared pool is its borrower's alone, however many threads ask.
    let alloc = SmartAlloc::with_defaults();
    let shared = alloc.pool_handle::<Vec<u64>>();
    shared.insert(1, Vec::new()).unwrap();
    thread::scope(|scope| {
        for id in 0..4 {
            let shared = shared.clone();
            scope.spawn(move || {
                for n in 0..200 {
                    let mut value = loop {
                        match shared.acquire(1) {
                            Some(value) => break value,
                            None => thread::yield_now(),
                        }
                    };
                    let before = value.len();
                    value.push(id * 1000 + n);
                    assert!(shared.acquire(1).is_none() && shared.remove(1).is_none());
                    assert_eq!(value.len(), before + 1);
                }
            });
        }
    });
    assert_eq!(shared.acquire(1).unwrap().len(), 800);
}

#[test]
fn misuse_14_two_mut_references_after_a_rollback() {
    let fixture = Fixture::small();
    on_thread(|| {
        let alloc = &fixture.alloc;
        alloc.begin_frame();
        let checkpoint = alloc.frame_checkpoint();
        let mut kept = alloc.frame_box([1_u64; 50]);
        let refused = alloc.rollback_to(&checkpoint);
        assert_eq!(refused, Err(AllocError::HandlesAlive { operation: "rollback_to", handles: 1 }));
        let mut others: Vec<_> = (0..200).map(|n| alloc.frame_box([n; 50])).collect();
        kept.fill(7);
        others.iter_mut().for_each(|other| other.fill(9));
        assert_eq!(kept[..], [7; 50]);
        assert_eq!(alloc.rollback_to(&checkpoint), Err(AllocError::StaleCheckpoint), "it is used up");
        drop((kept, others));
        alloc.end_frame();
    });
    fixture.assert_all_freed();
    compile_error("frame/reference_after_drop");
}

#[test]
fn misuse_15_layouts_at_the_edges() {
    // The backend of these tests asserts that it is never asked for nothing, and checks nothing else: the system's
    // allocator under a sanitizer sees that each block goes back with its own layout.
    let fixture = Fixture::small();
    on_thread(|| {
        let alloc = &fixture.alloc;
        alloc.begin_frame();
        let frame = alloc.frame();
        let empty = Layout::from_size_align(0, 4096).unwrap();
        assert_eq!(frame.alloc_layout(empty).as_ptr().addr() % 4096, 0);
        assert_eq!((frame.bytes_used(), frame.allocation_count()), (0, 0), "nothing takes nothing");
        let counter = DropCounter::default();
        drop((frame.boxed(()), alloc.pool_box(Nothing), alloc.heap_box([0_u64; 0]), alloc.frame_box(())));
        drop(alloc.frame_slice::<u64>(0));
        let mut units = frame.vec();
        units.extend(std::iter::repeat_n((), 1_000_000));
        assert_eq!((units.len(), frame.bytes_used()), (1_000_000, 0));
        for allocator in
            [&frame.frame_ref() as &dyn Allocator, &alloc.pool_allocator(), &alloc.heap_allocator()]
        {
            for power in 0..14 {
                let old = Layout::from_size_align(0, 1 << power).unwrap();
                let new = Layout::from_size_align(100, 1 << power).unwrap();
                // SAFETY: blocks of this allocator, each with the layout it has, given up by each call.
                unsafe {
                    let block = allocator.allocate(old).unwrap().cast();
                    let block = allocator.grow(block, old, new).unwrap().cast::<u8>();
                    assert!(block.addr().get().is_multiple_of(1 << power));
                    block.write_bytes(7, 100);
                    let large = Layout::from_size_align(70_000, 1 << power).unwrap();
                    let block = allocator.grow(block, new, large).unwrap().cast::<u8>();
                    assert!((0..100).all(|n| block.add(n).read() == 7));
                    let block = allocator.shrink(block, large, new).unwrap().cast::<u8>();
                    assert!((0..100).all(|n| block.add(n).read() == 7));
                    let block = allocator.shrink(block, new, old).unwrap().cast();
                    allocator.deallocate(block, old);
                }
            }
        }
        assert_eq!(counter.made(), 0);
        drop(units);
        alloc.end_frame();
        assert_eq!((alloc.pool_stats().live_objects, alloc.stats().total.heap.live_bytes), (0, 0));
    });
    fixture.assert_all_freed();
}

#[test]
fn misuse_16_one_way_pipelines_and_short_threads_run_in_bounded_memory() {
    let fixture = Fixture::small();
    let (send, receive) = std::sync::mpsc::sync_channel::<framealloc::PoolBox<[u64; 16]>>(64);
    let alloc = fixture.alloc.clone();
    let producer = thread::spawn(move || {
        let mut bytes = Vec::new();
        for n in 0..200_000_u64 {
            send.send(alloc.pool_box([n; 16])).unwrap();
            if n % 20_000 == 19_999 {
                bytes.push(alloc.pool_stats().reserved_bytes);
            }
        }
        bytes
    });
    for (n, boxed) in receive.iter().enumerate() {
        assert_eq!(boxed[15], n as u64);
    }
    let bytes = producer.join().unwrap();
    assert!(bytes.iter().all(|bytes| *bytes <= 256 * 1024), "{bytes:?}");
    // Thousands of short threads: `threads::thousands_of_short_threads_leave_nothing`.
    fixture.assert_all_freed();
}

#[test]
fn misuse_18_pools_run_destructors() {
    let counter = DropCounter::default();
    let fixture = Fixture::small();
    on_thread(|| {
        let alloc = &fixture.alloc;
        let mut typed = alloc.typed_pool::<Counted>();
        let handles: Vec<_> = (0..100).map(|n| typed.insert(counter.make(n))).collect();
        drop(typed.remove(handles[3]));
        assert!(
            typed.get(handles[3]).is_none() && typed.get(handles[4]).is_some_and(|value| value.payload == 4)
        );
        assert_eq!(counter.alive(), 99);
        typed.clear();
        assert_eq!((counter.alive(), typed.len()), (0, 0));
        let handle = typed.insert(counter.make(1));
        assert!(handles.iter().all(|stale| typed.get(*stale).is_none()) && typed.contains(handle));
        drop(typed);
        let keyed = alloc.pool_handle::<Counted>().with_max_size(2);
        keyed.insert(1, counter.make(1)).unwrap();
        keyed.insert(1, counter.make(2)).unwrap();
        keyed.insert(2, counter.make(3)).unwrap();
        assert!(matches!(
            keyed.insert(3, counter.make(4)),
            Err(AllocError::CapacityExceeded { capacity: 2 })
        ));
        let lent = keyed.acquire(1).unwrap();
        keyed.insert(1, counter.make(5)).unwrap();
        drop(keyed);
        assert_eq!((lent.payload, counter.alive()), (2, 3));
        drop(lent);
    });
    assert_eq!(counter.alive(), 0);
    fixture.assert_all_freed();
}

#[test]
fn strict_mode_turns_detected_misuse_into_panics() {
    let fixture = Fixture::strict(Strict::Errors);
    on_thread(|| {
        let alloc = &fixture.alloc;
        alloc.begin_frame();
        let kept = alloc.frame_box(1);
        assert!(caught(|| alloc.end_frame()).contains("FA601"));
        assert!(caught(|| alloc.end_frame()).contains("FA002"));
        drop(kept);
        let frame = alloc.frame();
        forget(frame.boxed(1));
        drop(frame);
        assert!(fixture.codes().contains(&"FA608"), "a warning does not panic");
    });
    let backend = Arc::clone(&fixture.backend);
    drop(fixture);
    assert_eq!(backend.counts().live_bytes, 0);
}
