//! Scopes of scratch allocators and of pools.

use allocator_api2::vec::Vec as VecIn;
use framealloc::{AllocError, ScratchScope, SmartAlloc};
use framealloc_tests::{Counted, DropCounter, Fixture, caught, on_thread};

/// Fills a scope with blocks of different sizes, checks that none overlaps another, and nests.
fn fill(scope: &mut ScratchScope<'_>, depth: u64) -> u64 {
    let words = scope.slice_from_fn(50 + depth as usize * 10, |n| n as u64 + depth);
    let value = scope.alloc::<[u64; 4]>().write([depth; 4]);
    let inner = if depth > 0 { scope.with_scope(|inner| fill(inner, depth - 1)) } else { 0 };
    let later = scope.slice_from_fn(30, |n| !(n as u64));
    assert!(words.iter().enumerate().all(|(n, word)| *word == n as u64 + depth));
    assert!(later.iter().enumerate().all(|(n, word)| *word == !(n as u64)));
    assert_eq!(*value, [depth; 4]);
    inner + words.len() as u64
}

#[test]
fn scopes_nest_and_give_back() {
    let fixture = Fixture::small();
    on_thread(|| {
        let mut scratch = fixture.alloc.create_scratch_allocator(1 << 20).unwrap();
        let mut warm = 0;
        for round in 0..20 {
            let before = scratch.alloc::<u64>().write(round);
            assert_eq!(*before, round);
            let used = scratch.bytes_used();
            assert_eq!(scratch.with_scope(|s| fill(s, 20)), 21 * 50 + 210 * 10);
            assert_eq!(scratch.bytes_used(), used, "the scope gave everything back");
            if round == 5 {
                warm = fixture.backend.requests();
            }
        }
        assert_eq!(fixture.backend.requests(), warm, "a steady state takes no chunk");
        assert_eq!(scratch.bytes_used(), 20 * 8);
        scratch.reset();
        assert_eq!(scratch.bytes_used(), 0);
        assert!(scratch.peak_bytes() > 20_000 && scratch.capacity() == 1 << 20);
    });
    fixture.assert_all_freed();
}

#[test]
fn a_panic_leaves_the_scope() {
    let fixture = Fixture::small();
    on_thread(|| {
        let mut scratch = fixture.alloc.create_scratch_allocator(100_000).unwrap();
        scratch.alloc::<u64>().write(1);
        let text = caught(|| {
            scratch.with_scope(|s| {
                s.alloc_slice::<u8>(50_000);
                s.with_scope(|inner| {
                    inner.alloc_slice::<u8>(40_000);
                    panic!("inside");
                })
            })
        });
        assert_eq!((text.as_str(), scratch.bytes_used()), ("inside", 8));
        let pool = fixture.alloc.scratch_pool("level");
        caught(|| pool.with_scope(|s| s.with_scope(|_| panic!("inside"))));
        pool.reset().unwrap();
    });
    fixture.assert_all_freed();
}

#[test]
fn containers_live_in_a_scope() {
    let alloc = SmartAlloc::with_defaults();
    let counter = DropCounter::default();
    let mut scratch = alloc.create_scratch_allocator(1 << 20).unwrap();
    for _ in 0..10 {
        let sum: u64 = scratch.with_scope(|s| {
            let mut values: VecIn<Counted, _> = VecIn::new_in(&*s);
            let mut words = VecIn::new_in(&*s);
            for n in 0..500 {
                values.push(counter.make(n));
                words.push(n);
            }
            values.iter().for_each(Counted::verify);
            words.shrink_to_fit();
            words.iter().sum()
        });
        assert_eq!((sum, counter.alive(), scratch.bytes_used()), (124_750, 0, 0));
    }
    let refused = scratch.with_scope(|s| VecIn::<u8, _>::new_in(&*s).try_reserve(2 << 20).is_err());
    assert!(refused);
}

#[test]
fn a_pools_scopes_share_it_with_boxes() {
    let fixture = Fixture::small();
    on_thread(|| {
        let pool = fixture.alloc.create_scratch_pool("paths", 10_000).unwrap();
        for round in 0..1000 {
            pool.with_scope(|s| {
                let words = s.slice_from_fn(500, |n| n);
                let alive = Err(AllocError::HandlesAlive { operation: "reset", handles: 1 });
                assert_eq!(pool.reset(), alive, "the scope is open");
                let boxed = pool.boxed([round; 100]).unwrap();
                assert_eq!(s.with_scope(|inner| inner.slice_from_fn(100, |n| n * 2)[99]), 198);
                assert!(words.iter().enumerate().all(|(n, word)| *word == n));
                assert_eq!(*boxed, [round; 100]);
            });
            assert_eq!(pool.boxes(), 0);
        }
        let kept = pool.with_scope(|s| {
            s.alloc::<[u8; 1000]>().write([1; 1000]);
            pool.boxed([2_u8; 1000]).unwrap()
        });
        pool.with_scope(|s| assert_eq!(s.slice_from_fn(1000, |_| 3_u8)[0], 3));
        assert_eq!(*kept, [2; 1000], "a box keeps the pool from starting over");
    });
    fixture.assert_all_freed();
}

#[test]
fn refusals_are_errors_or_panics_with_their_text() {
    let alloc = SmartAlloc::with_defaults();
    let mut scratch = alloc.create_scratch_allocator(1000).unwrap();
    assert_eq!(
        scratch.try_alloc::<[u8; 1008]>().err(),
        Some(AllocError::CapacityExceeded { capacity: 1000 })
    );
    let overflow = AllocError::LayoutOverflow { count: usize::MAX, element_size: 2 };
    assert_eq!(scratch.try_alloc_slice::<u16>(usize::MAX).err(), Some(overflow));
    assert_eq!(caught(|| scratch.alloc::<[u8; 1008]>()), "full: the capacity is 1000");
    assert_eq!(
        caught(|| scratch.with_scope(|s| s.alloc_slice::<u8>(2000).len())),
        "full: the capacity is 1000"
    );
    scratch.alloc::<[u8; 1000]>();
    assert_eq!(scratch.bytes_used(), 1000);
    assert!(matches!(
        alloc.create_scratch_allocator(0),
        Err(AllocError::InvalidConfig { field: "size", .. })
    ));
}

#[test]
fn alignment_and_no_size() {
    #[repr(align(4096))]
    #[derive(Clone, Copy)]
    struct Page(u8);
    let alloc = SmartAlloc::with_defaults();
    let scratch = alloc.create_scratch_allocator(1 << 16).unwrap();
    for n in 0..5 {
        scratch.alloc::<u8>().write(n);
        let page = scratch.alloc::<Page>().write(Page(n));
        assert_eq!(((&raw const *page).addr() % 4096, page.0), (0, n));
    }
    assert_eq!(scratch.bytes_used(), 5 * (4096 + 8));
    let nothing = scratch.slice_from_fn(1_000_000, |_| ());
    assert_eq!((nothing.len(), scratch.bytes_used()), (1_000_000, 5 * (4096 + 8)));
}

#[test]
fn an_allocator_moves_between_threads_and_outlives_the_allocator_it_came_from() {
    let fixture = Fixture::small();
    let mut scratch = on_thread(|| fixture.alloc.create_scratch_allocator(1 << 20).unwrap());
    for round in 0..4 {
        scratch = on_thread(move || {
            assert_eq!(scratch.with_scope(|s| s.slice_from_fn(10_000, |n| n)[9_999]), 9_999);
            scratch.alloc::<u64>().write(round);
            scratch
        });
    }
    let backend = fixture.backend.clone();
    drop(fixture);
    assert_eq!(scratch.with_scope(|s| s.slice_from_fn(50_000, |n| n)[49_999]), 49_999);
    drop(scratch);
    assert_eq!(backend.counts().live_blocks, 0);
}
