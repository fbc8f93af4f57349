//! The containers of `std` over frame, pool and heap, which only a nightly compiler has.

#![feature(allocator_api, btreemap_alloc)]

use std::alloc::{Allocator, Global, Layout};
use std::collections::{BTreeMap, BinaryHeap, VecDeque};
use std::rc::Rc;
use std::sync::Arc;

use framealloc::{Budget, FrameMap, FrameVec, OnExceed};
use framealloc_tests::fixture::leaves_nothing;
use framealloc_tests::layouts::{Line, is_aligned};
use framealloc_tests::{Counted, DropCounter, Fixture, caught, on_thread};

/// Every container of `std` that takes an allocator, and hashbrown's map, with values that count their drops.
fn real_containers<A: Allocator + Clone>(allocator: &A, counter: &DropCounter) {
    let mut vec = Vec::new_in(allocator.clone());
    (0..500).for_each(|n| vec.push(counter.make(n)));
    vec.drain(100..400);
    vec.shrink_to_fit();
    assert!(vec.iter().map(|value| value.payload).eq((0..100).chain(400..500)));
    let slice: Box<[Counted], A> = vec.into_boxed_slice();
    assert_eq!(slice.len(), 200);
    let boxed: Box<dyn Fn() -> u64, A> = Box::new_in(|| 7, allocator.clone());
    assert_eq!(boxed(), 7);
    let mut tree = BTreeMap::new_in(allocator.clone());
    (0..500_u64).for_each(|n| drop(tree.insert(n * 7 % 500, counter.make(n))));
    tree.retain(|key, _| key % 3 == 0);
    assert!(tree.keys().copied().eq((0..500).step_by(3)));
    let mut map = hashbrown::HashMap::with_hasher_in(framealloc::FrameState::default(), allocator.clone());
    map.extend((0..500_u64).map(|n| (n, counter.make(n))));
    map.retain(|key, _| key % 3 == 0);
    map.shrink_to_fit();
    assert!(map.iter().all(|(key, value)| *key == value.payload) && map.len() == 167);
    let mut queue = VecDeque::with_capacity_in(4, allocator.clone());
    (0..100).for_each(|n| {
        queue.push_back(counter.make(n));
        queue.truncate(10);
        queue.rotate_left(1);
    });
    let mut heap = BinaryHeap::new_in(allocator.clone());
    heap.extend((0..100).map(|n| n * 37 % 100));
    assert_eq!(heap.into_sorted_vec(), (0..100).collect::<Vec<_>>());
    let shared = Rc::new_in(counter.make(1), allocator.clone());
    assert_eq!(Rc::clone(&shared).payload, Arc::new_in(counter.make(1), allocator.clone()).payload);
    let mut lines = Vec::with_capacity_in(3, allocator.clone());
    lines.extend((0..50).map(|n| Line([n; 64])));
    assert!(lines.iter().all(is_aligned));
    let mut zeroed = allocator.allocate_zeroed(Layout::new::<[u8; 5000]>()).expect("there is memory");
    // SAFETY: the block is 5000 bytes, initialised, and freed with its layout.
    unsafe {
        assert!(zeroed.as_mut().iter().all(|byte| *byte == 0));
        allocator.deallocate(zeroed.cast(), Layout::new::<[u8; 5000]>());
    }
}

#[test]
fn real_containers_over_frame_pool_and_heap() {
    let counter = DropCounter::default();
    leaves_nothing(framealloc::AllocConfig::minimal(), |fixture| {
        let alloc = &fixture.alloc;
        alloc.begin_frame();
        let frame = alloc.frame();
        real_containers(&frame.frame_ref(), &counter);
        real_containers(&alloc.frame_ref(), &counter);
        let _tag = alloc.tag_scope("t");
        real_containers(&alloc.pool_allocator(), &counter);
        real_containers(&alloc.heap_allocator(), &counter);
        let tag = alloc.tag_stats("t").unwrap();
        assert!(tag.pool.allocations > 50 && tag.heap.allocations > 50);
        assert_eq!((tag.pool.live_bytes, tag.heap.live_bytes), (0, 0));
        let (pool, heap) = (alloc.pool_allocator(), alloc.heap_allocator());
        on_thread(|| (real_containers(&pool, &counter), real_containers(&heap, &counter)));
        alloc.end_frame();
    });
    assert_eq!(counter.alive(), 0);
}

/// The library's own containers are those of `std` now, and take what `std` makes.
#[test]
fn frame_containers_are_those_of_std() {
    let fixture = Fixture::small();
    let frame = fixture.alloc.frame();
    let mut vec: FrameVec<'_, u32> = frame.vec();
    vec.extend(vec![1, 2, 3]);
    let mut map: FrameMap<'_, u32, u32> = frame.map();
    map.insert(1, 2);
    assert_eq!((&vec[..], map.get(&1)), (&[1, 2, 3][..], Some(&2)));
    let mut moved = Vec::new_in(Global);
    moved.extend_from_slice(&vec);
    assert_eq!(moved.len(), 3);
}

#[test]
fn a_budget_refuses_containers_of_std() {
    let fixture = Fixture::small();
    let alloc = &fixture.alloc;
    alloc.set_tag_budget("t", Budget::bytes(1000).on_exceed(OnExceed::Fail));
    let _tag = alloc.tag_scope("t");
    let (pool, heap) = (alloc.pool_allocator(), alloc.heap_allocator());
    assert!(Vec::<u8, _>::new_in(pool).try_reserve(2000).is_err());
    assert!(Vec::<u8, _>::new_in(&heap).try_reserve(2000).is_err());
    assert!(Vec::<u8, _>::new_in(heap).try_reserve(500).is_ok());
    let frame = alloc.frame();
    let mut vec = Vec::<u8, _>::new_in(frame.frame_ref());
    assert!(caught(|| vec.reserve(2000)).contains("budget"));
    vec.extend(0..100);
    assert!(vec.iter().copied().eq(0..100));
}
