//! Containers of other crates over frame, pool and heap.

use allocator_api2::alloc::Allocator;
use allocator_api2::boxed::Box as Box2;
use allocator_api2::vec::Vec as Vec2;
use framealloc::{Budget, OnExceed};
use framealloc_tests::fixture::leaves_nothing;
use framealloc_tests::layouts::Line;
use framealloc_tests::{Counted, DropCounter, Fixture, on_thread};

/// Containers of `allocator-api2` and `hashbrown`, over any allocator.
fn real_containers<A: Allocator + Clone>(allocator: A, counter: &DropCounter) {
    let mut vec = Vec2::new_in(allocator.clone());
    (0..500).for_each(|n| vec.push(counter.make(n)));
    vec.drain(100..400);
    vec.shrink_to_fit();
    assert!(vec.iter().map(|value| value.payload).eq((0..100).chain(400..500)));
    let boxed = Box2::new_in(counter.make(7), allocator.clone());
    assert_eq!(boxed.payload, 7);
    let slice: Box2<[Counted], A> = vec.into_boxed_slice();
    assert_eq!(slice.len(), 200);
    let mut map = hashbrown::HashMap::with_hasher_in(framealloc::FrameState::default(), allocator.clone());
    map.extend((0..500_u64).map(|n| (n, counter.make(n))));
    map.retain(|key, _| key % 3 == 0);
    map.shrink_to_fit();
    assert!(map.iter().all(|(key, value)| *key == value.payload) && map.len() == 167);
    let mut lines = Vec2::with_capacity_in(3, allocator);
    lines.extend((0..50).map(|n| Line([n; 64])));
    assert!(lines.iter().all(framealloc_tests::layouts::is_aligned));
}

#[test]
fn real_containers_over_frame_pool_and_heap() {
    let counter = DropCounter::default();
    leaves_nothing(framealloc::AllocConfig::minimal(), |fixture| {
        let alloc = &fixture.alloc;
        alloc.begin_frame();
        let frame = alloc.frame();
        real_containers(frame.frame_ref(), &counter);
        real_containers(alloc.frame_ref(), &counter);
        let _tag = alloc.tag_scope("t");
        real_containers(alloc.pool_allocator(), &counter);
        real_containers(alloc.heap_allocator(), &counter);
        let tag = alloc.tag_stats("t").unwrap();
        assert!(tag.pool.allocations > 5 && tag.heap.allocations > 5);
        assert_eq!(tag.live_bytes_of_objects(), 0);
        let (pool, heap) = (alloc.pool_allocator(), alloc.heap_allocator());
        on_thread(|| {
            // On a thread without a heap of this allocator, and under a budget.
            real_containers(pool, &counter);
            real_containers(heap, &counter);
        });
        alloc.end_frame();
    });
    assert_eq!(counter.alive(), 0);
}

trait ObjectBytes {
    fn live_bytes_of_objects(&self) -> u64;
}

impl ObjectBytes for framealloc::TagStats {
    fn live_bytes_of_objects(&self) -> u64 {
        self.pool.live_bytes + self.heap.live_bytes
    }
}

#[test]
fn containers_of_pool_and_heap_under_a_budget() {
    let fixture = Fixture::small();
    let alloc = &fixture.alloc;
    alloc.set_tag_budget("t", Budget::bytes(10_000).on_exceed(OnExceed::Fail));
    let _tag = alloc.tag_scope("t");
    let used = || alloc.tag_budget("t").unwrap().used;
    let mut pool = Vec2::<u8, _>::new_in(alloc.pool_allocator());
    assert!(pool.try_reserve_exact(8000).is_ok() && used() >= 8000);
    assert!(pool.try_reserve_exact(20_000).is_err() && pool.capacity() >= 8000);
    let mut heap = Vec2::<u8, _>::new_in(alloc.heap_allocator());
    assert!(heap.try_reserve_exact(5000).is_err());
    drop(pool);
    assert_eq!(used(), 0);
    assert!(heap.try_reserve_exact(5000).is_ok() && used() == 5000);
    let (allocator, other) = (alloc.pool_allocator(), alloc.heap_allocator());
    on_thread(|| {
        // This thread has no heap here; the budget is the tag's all the same.
        let mut foreign = Vec2::<u8, _>::new_in(other);
        let _maybe = foreign.try_reserve_exact(1000);
        let mut foreign = Vec2::<u8, _>::new_in(allocator);
        let _maybe = foreign.try_reserve_exact(1000);
    });
    drop(heap);
    assert_eq!(used(), 0);
}
