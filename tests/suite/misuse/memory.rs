//! Sizes, alignments, and memory that runs out or is never given back.

use std::alloc::Layout;
use std::thread;

use allocator_api2::alloc::Allocator;
use framealloc::{AllocConfig, AllocError};
use framealloc_tests::layouts::{Line, Nothing, Page, is_aligned};
use framealloc_tests::{Counted, DropCounter, Fixture, caught, on_thread};

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
    on_thread(move || {
        for (n, boxed) in receive.iter().enumerate() {
            assert_eq!(boxed[15], n as u64);
        }
    });
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
