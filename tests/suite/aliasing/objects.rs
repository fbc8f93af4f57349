//! Objects of the pool, the heap and behind handles.

use allocator_api2::vec::Vec as AnyVec;
use framealloc::{AllocConfig, Budget, OnExceed, SmartAlloc};

use super::Count;

#[test]
fn pool_and_heap_under_budgets() {
    let alloc = SmartAlloc::new(AllocConfig::minimal()).unwrap();
    let count = Count::default();
    alloc.set_tag_budget("limited", Budget::bytes(1 << 20).on_exceed(OnExceed::Fail));
    let tag = alloc.tag_scope("limited");
    let boxes: Vec<_> = (0..30).map(|mark| alloc.pool_box(count.make(mark))).collect();
    let large = alloc.pool_box([1_u8; 40_000]);
    std::thread::scope(|scope| {
        // fa:allow(FA203): that thread is to be without a tag
        scope.spawn(|| {
            drop((boxes, large));
            (0..10).for_each(|n| drop(alloc.pool_box(n)));
        });
    });
    let moved = alloc.pool_box(count.make(3)).into_heap(&alloc);
    let heap = alloc.heap_box(count.make(4));
    assert_eq!((moved.mark(), heap.mark()), (3, 4));
    drop((moved, heap, tag));
    assert_eq!((count.alive(), alloc.tag_budget("limited").unwrap().used), (0, 0));
    alloc.shrink_pool();
}

#[test]
fn handles_that_move() {
    let alloc = SmartAlloc::new(AllocConfig::minimal()).unwrap();
    let (count, handles) = (Count::default(), alloc.handles());
    let all: Vec<_> = (0..20).map(|mark| handles.alloc(count.make(mark))).collect();
    all.iter().step_by(2).for_each(|handle| assert!(handles.free(*handle)));
    handles.defragment(usize::MAX);
    for (mark, handle) in (0..).zip(&all).skip(1).step_by(2) {
        assert_eq!(handles.resolve(*handle).unwrap().mark(), mark);
        handles.resolve_mut(*handle).unwrap().1.push(1);
    }
    all.iter().skip(1).step_by(2).for_each(|handle| assert!(handles.free(*handle)));
    assert_eq!(count.alive(), 0);
}

#[test]
fn typed_and_keyed_pools() {
    let alloc = SmartAlloc::new(AllocConfig::minimal()).unwrap();
    let count = Count::default();
    let mut typed = alloc.typed_pool();
    let all: Vec<_> = (0..36).map(|mark| typed.insert(count.make(mark))).collect();
    for handle in all.iter().step_by(3) {
        assert!(typed.remove(*handle).is_some());
    }
    typed.iter_mut().for_each(|(_, value)| value.1.push(1));
    assert_eq!(typed.get_mut(all[1]).unwrap().1, [1, 1]);
    typed.clear();
    let keyed = alloc.pool_handle();
    keyed.insert(1, count.make(5)).unwrap();
    let mut acquired = keyed.acquire(1).unwrap();
    acquired.1.push(6);
    keyed.release(acquired);
    assert_eq!(keyed.remove(1).unwrap().1, [5, 6]);
    assert_eq!(count.alive(), 0);
}

#[test]
fn containers() {
    let alloc = SmartAlloc::new(AllocConfig::minimal()).unwrap();
    let mut list = allocator_api2::vec::Vec::new_in(alloc.pool_allocator());
    list.extend(0..500_u32);
    list.truncate(10);
    list.shrink_to_fit();
    list.extend(0..100);
    let mut map =
        hashbrown::HashMap::with_hasher_in(hashbrown::DefaultHashBuilder::default(), alloc.heap_allocator());
    map.extend((0..40).map(|n| (n, vec![n])));
    map.retain(|n, _| n % 10 == 0);
    map.shrink_to_fit();
    assert_eq!((list.len(), list[109], map.len()), (110, 99, 4));
}

/// Such a box gives its block back by a pointer that is good for the slice alone.
#[test]
fn boxed_slices_come_back_to_pages_that_changed() {
    let alloc = SmartAlloc::new(AllocConfig::minimal()).unwrap();
    let boxed = || {
        let mut items = AnyVec::with_capacity_in(1, alloc.pool_allocator());
        items.push(1_u64);
        items.into_boxed_slice()
    };
    let (neighbour, first, second) = (alloc.pool_box(2_u64), boxed(), boxed());
    drop(neighbour);
    alloc.shrink_pool();
    drop(first);
    alloc.shrink_pool();
    let next = boxed();
    drop(second);
    alloc.shrink_pool();
    let there =
        std::thread::scope(|scope| scope.spawn(|| (drop(alloc.pool_box(3_u64)), boxed()).1).join().unwrap());
    assert_eq!((there[0], next[0]), (1, 1));
    drop((there, next));
    alloc.shrink_pool();
    assert_eq!(alloc.pool_stats().live_objects, 0);
}
