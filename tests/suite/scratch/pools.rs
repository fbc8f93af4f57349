//! Named pools: boxes, capacity, reset, registry.

use std::mem::{MaybeUninit, forget};

use framealloc::{AllocError, ScratchBox, SmartAlloc};
use framealloc_tests::{Counted, DropCounter, Fixture, caught, on_thread};

#[repr(align(4096))]
struct Page([u8; 4096]);

#[test]
fn a_reset_with_boxes_alive_is_an_error_and_reuses_nothing() {
    let fixture = Fixture::small();
    let counter = DropCounter::default();
    on_thread(|| {
        let pool = fixture.alloc.scratch_pool("level");
        let first = pool.boxed(counter.make(1)).unwrap();
        let place = &raw const *first;
        let alive = |handles| Err(AllocError::HandlesAlive { operation: "reset", handles });
        assert_eq!(pool.reset(), alive(1));
        let second = pool.boxed(counter.make(2)).unwrap();
        assert_eq!((pool.reset(), pool.boxes()), (alive(2), 2));
        first.verify();
        second.verify();
        drop(first);
        assert_eq!(pool.reset(), alive(1));
        assert_ne!(&raw const *pool.boxed(counter.make(3)).unwrap(), place, "not while `second` is alive");
        assert_eq!(second.into_inner().payload, 2);
        pool.reset().unwrap();
        assert_eq!((pool.bytes_used(), pool.boxes()), (0, 0));
        assert_eq!(&raw const *pool.boxed(counter.make(4)).unwrap(), place, "from the beginning again");
    });
    assert_eq!(counter.alive(), 0);
    fixture.assert_all_freed();
}

#[test]
fn an_empty_pool_starts_over_by_itself() {
    let alloc = SmartAlloc::with_defaults();
    let pool = alloc.create_scratch_pool("jobs", 100).unwrap();
    for round in 0..1000_u64 {
        let pair = [pool.boxed([round; 6]).unwrap(), pool.boxed([!round; 6]).unwrap()];
        assert_eq!(pool.bytes_used(), 96);
        assert!(pool.boxed(round).is_err(), "full");
        assert_eq!((*pair[0], *pair[1]), ([round; 6], [!round; 6]));
    }
}

#[test]
fn pools_outlive_frames_and_the_allocator() {
    let fixture = Fixture::small();
    let counter = DropCounter::default();
    let (pool, kept) = on_thread(|| {
        let alloc = &fixture.alloc;
        alloc.begin_frame();
        let kept = alloc.scratch_pool("level").boxed(counter.make(1)).unwrap();
        for _ in 0..10 {
            alloc.end_frame();
            alloc.begin_frame();
        }
        alloc.end_frame();
        (alloc.scratch_pool("level"), kept)
    });
    let backend = fixture.backend.clone();
    drop(fixture);
    kept.verify();
    let late = pool.boxed(counter.make(2)).unwrap();
    drop((pool, kept));
    late.verify();
    drop(late);
    assert_eq!((counter.alive(), backend.counts().live_blocks), (0, 0));
}

#[test]
fn a_forgotten_box_keeps_its_memory() {
    let fixture = Fixture::small();
    on_thread(|| {
        let pool = fixture.alloc.scratch_pool("level");
        let forgotten = pool.boxed([7_u8; 64]).unwrap();
        let lent: *const [u8; 64] = &raw const *forgotten;
        forget(forgotten);
        for n in 0..100_u8 {
            drop(pool.boxed([n; 64]).unwrap());
            assert_eq!(pool.reset(), Err(AllocError::HandlesAlive { operation: "reset", handles: 1 }));
        }
        // SAFETY: the box was forgotten, so the caller of this test owns the value for ever.
        assert_eq!(unsafe { *lent }, [7; 64]);
    });
    let Fixture { alloc, backend, .. } = fixture;
    drop(alloc);
    assert_eq!(backend.counts().live_bytes, 4096 + 8192, "the chunks of the forgotten box");
}

#[test]
fn places_are_written_later_and_slices_in_one_pass() {
    let alloc = SmartAlloc::with_defaults();
    let counter = DropCounter::default();
    let pool = alloc.scratch_pool("level");
    let place: ScratchBox<MaybeUninit<Counted>> = pool.alloc().unwrap();
    drop(place);
    let value = pool.alloc().unwrap().write(counter.make(5));
    value.verify();
    let slice = pool.boxed_slice(10, |n| counter.make(n as u64)).unwrap();
    assert_eq!((slice.len(), slice[9].payload), (10, 9));
    assert_eq!(pool.boxed_slice(0, |_| counter.make(0)).unwrap().len(), 0);
    let text = caught(|| {
        pool.boxed_slice(10, |n| {
            assert!(n < 7, "the eighth fails");
            counter.make(n as u64)
        })
    });
    assert_eq!((text.as_str(), counter.alive(), pool.boxes()), ("the eighth fails", 11, 2));
    drop((value, slice));
    assert_eq!((counter.alive(), pool.boxes()), (0, 0));
    pool.reset().unwrap();
}

#[test]
fn a_panicking_destructor_releases_its_box() {
    let alloc = SmartAlloc::with_defaults();
    let counter = DropCounter::default();
    let pool = alloc.scratch_pool("level");
    let boxed = pool.boxed(counter.make(1)).unwrap();
    counter.panic_every(1);
    assert!(caught(|| drop(boxed)).contains("destructor 1 panics"));
    counter.panic_every(0);
    assert_eq!((pool.boxes(), counter.alive()), (0, 0));
    pool.reset().unwrap();
}

#[test]
fn any_alignment_and_any_size() {
    let fixture = Fixture::small();
    on_thread(|| {
        let pool = fixture.alloc.create_scratch_pool("odd", 1 << 20).unwrap();
        let byte = pool.boxed(1_u8).unwrap();
        let pages: Vec<_> = (0..5).map(|n| pool.boxed(Page([n; 4096])).unwrap()).collect();
        for (n, page) in pages.iter().enumerate() {
            assert_eq!((&raw const **page).addr() % 4096, 0);
            assert!(page.0.iter().all(|byte| usize::from(*byte) == n));
        }
        let nothing = pool.boxed(()).unwrap();
        let no_pages = pool.boxed_slice(0, |_| Page([0; 4096])).unwrap();
        assert_eq!(no_pages.as_ptr().addr() % 4096, 0);
        assert_eq!((pool.boxes(), pool.bytes_used()), (8, 8 + 5 * 4096), "padding is not counted");
        assert!(matches!(
            pool.boxed_slice(usize::MAX, |_| 0_u64),
            Err(AllocError::LayoutOverflow { count: usize::MAX, element_size: 8 })
        ));
        assert_eq!(
            pool.boxed_slice(isize::MAX as usize, |_| 0_u8).map(drop),
            Err(AllocError::CapacityExceeded { capacity: 1 << 20 })
        );
        drop((byte, pages, nothing, no_pages));
    });
    fixture.assert_all_freed();
}

#[test]
fn the_capacity_is_kept_to_the_byte() {
    let fixture = Fixture::small();
    on_thread(|| {
        for capacity in [1, 8, 40, 4096, 5000, 100_000] {
            let pool = fixture.alloc.create_scratch_pool(&capacity.to_string(), capacity).unwrap();
            let words: Vec<_> = std::iter::from_fn(|| pool.boxed(7_u64).ok()).collect();
            assert_eq!((words.len(), pool.bytes_used()), (capacity / 8, capacity / 8 * 8));
            assert_eq!(pool.boxed(7_u64).map(drop), Err(AllocError::CapacityExceeded { capacity }));
            assert_eq!(pool.boxed([0_u8; 0]).map(drop), Ok(()), "nothing fits always");
            let kind = |error: AllocError| matches!(error, AllocError::InvalidConfig { field: "name", .. });
            let again = fixture.alloc.create_scratch_pool(&capacity.to_string(), 1);
            assert!(again.is_err_and(kind), "the name is taken");
        }
        assert!(matches!(
            fixture.alloc.create_scratch_pool("none", 0),
            Err(AllocError::InvalidConfig { field: "capacity", .. })
        ));
    });
    fixture.assert_all_freed();
}

#[test]
fn the_registry_names_counts_and_resets() {
    let fixture = Fixture::small();
    on_thread(|| {
        let alloc = &fixture.alloc;
        let registry = alloc.scratch_registry();
        assert!(registry.names().next().is_none() && registry.get("b").is_none());
        let (b, a) = (alloc.scratch_pool("b"), alloc.create_scratch_pool("a", 5000).unwrap());
        let kept = [b.boxed([1_u8; 100]).unwrap(), b.boxed([2; 100]).unwrap()];
        drop(a.boxed([3_u8; 1000]).unwrap());
        let stats: Vec<_> = registry.stats().collect();
        let row = |n: usize| (&*stats[n].name, stats[n].capacity, stats[n].bytes_used, stats[n].boxes);
        assert_eq!([row(0), row(1)], [("a", 5000, 1000, 0), ("b", 1 << 20, 208, 2)]);
        assert_eq!([stats[0].peak_bytes, stats[0].bytes_held], [1000, 4096]);
        assert_eq!((registry.bytes_used(), registry.bytes_held()), (1208, 8192));
        assert_eq!(registry.reset(), Err(AllocError::HandlesAlive { operation: "reset", handles: 2 }));
        assert_eq!((a.bytes_used(), b.bytes_used()), (0, 208), "what could be reset was");
        assert_eq!((kept[0][99], kept[1][99]), (1, 2));
        drop(kept);
        registry.reset().unwrap();
        assert_eq!(registry.bytes_used(), 0);

        let old = registry.remove("b").expect("it is there");
        assert!(registry.remove("b").is_none());
        assert_eq!(alloc.scratch_pool("b").bytes_held(), 0, "another pool");
        assert_eq!((old.bytes_held(), registry.names().count()), (4096, 2));
    });
    fixture.assert_all_freed();
}
