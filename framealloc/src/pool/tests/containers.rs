use super::*;
use allocator_api2::{boxed, vec};
use foldhash::fast::FixedState;
use hashbrown::HashMap;

#[test]
fn real_containers_live_in_the_pool() {
    for with_pool in [true, false] {
        let (depot, counting) = depot();
        let thread = with_pool.then(|| Thread::new(&depot));
        let alloc = PoolAlloc::new(Arc::clone(&depot), 5);
        let mut numbers = vec::Vec::new_in(alloc.clone());
        for n in 0..20_000_u32 {
            numbers.push(n);
        }
        numbers.truncate(10);
        numbers.shrink_to_fit();
        assert!(numbers.iter().copied().eq(0..10));
        let mut map = HashMap::with_hasher_in(FixedState::default(), alloc.clone());
        for n in 0..5000_u64 {
            map.insert(n, n.to_string());
        }
        assert_eq!(map.get(&4321).map(String::as_str), Some("4321"));
        let boxed = boxed::Box::new_in([1_u8; 77], alloc.clone());
        assert!(depot.totals().live_bytes > 5000 * 32);
        drop((numbers, map, boxed, alloc));
        assert_eq!(depot.totals().live_bytes, 0);
        drop((thread, depot));
        assert_eq!(counting.counts().live_blocks, 0);
    }
}

#[test]
fn blocks_grow_in_place_within_their_class() {
    use allocator_api2::alloc::Allocator;
    let (depot, _) = depot();
    let alloc = PoolAlloc::new(depot, 0);
    let layout = |size| Layout::from_size_align(size, 8).expect("valid");
    let first = alloc.allocate(layout(130)).expect("memory").cast::<u8>();
    // SAFETY: each call passes the block and layout of the one before.
    unsafe {
        let grown = alloc.grow(first, layout(130), layout(160)).expect("memory").cast::<u8>();
        assert_eq!(grown, first);
        grown.write_bytes(3, 160);
        let moved = alloc.grow_zeroed(grown, layout(160), layout(90_000)).expect("memory").cast::<u8>();
        assert_eq!((moved.add(159).read(), moved.add(160).read(), moved.add(89_999).read()), (3, 0, 0));
        let small = alloc.shrink(moved, layout(90_000), layout(20)).expect("memory").cast::<u8>();
        assert_eq!(small.add(19).read(), 3);
        let none = alloc.shrink(small, layout(20), layout(0)).expect("memory").cast::<u8>();
        alloc.deallocate(none, layout(0));
    }
}

#[test]
fn a_shrink_without_memory_keeps_the_block() {
    let limited = Arc::new(crate::backend::LimitedBackend::new(SystemBackend::new(), 200_000));
    let depot = Depot::new(Arc::clone(&limited) as _);
    let alloc = PoolAlloc::new(Arc::clone(&depot), 0);
    let mut bytes = vec::Vec::with_capacity_in(130_000, alloc);
    bytes.extend_from_slice(&[1_u8; 100]);
    bytes.shrink_to_fit();
    assert_eq!((bytes.capacity(), bytes[99]), (100, 1));
    drop(bytes);
    drop(depot);
    assert_eq!(limited.used(), 0);
}

#[test]
fn handles_know_their_value() {
    let (depot, _) = depot();
    let alloc = PoolAlloc::new(depot, 0);
    let mut pool = TypedPool::new(alloc.clone());
    let first = pool.insert(String::from("first"));
    let second = pool.insert(String::from("second"));
    let address = pool.get(second).map(|value| &raw const *value);
    assert_eq!(pool.remove(first).as_deref(), Some("first"));
    assert!(pool.get(first).is_none() && pool.remove(first).is_none());
    let third = pool.insert(String::from("third"));
    assert!(first != third && pool.get_mut(first).is_none());
    for n in 0..100 {
        pool.insert(n.to_string());
    }
    assert_eq!(pool.get(second).map(|value| &raw const *value), address);
    assert_eq!((pool.len(), pool.iter().count()), (102, 102));
    pool.iter_mut().for_each(|(_, value)| value.push('!'));
    assert_eq!(pool.get(third).map(String::as_str), Some("third!"));

    let other = TypedPool::<String>::new(alloc);
    assert!(other.get(second).is_none());
    pool.clear();
    assert!(pool.is_empty() && !pool.contains(third));
}

#[test]
fn a_slot_retires_before_its_generation_wraps() {
    let (depot, _) = depot();
    let mut pool = TypedPool::new(PoolAlloc::new(depot, 0));
    let first = pool.insert(1);
    pool.remove(first);
    pool.age();
    let last = pool.insert(2);
    assert_eq!(pool.remove(last), Some(2));
    let fresh = pool.insert(3);
    assert_ne!(fresh.index, last.index);
    assert!(!pool.contains(first) && !pool.contains(last));
}

#[test]
fn a_keyed_value_has_one_user_at_a_time() {
    let (depot, counting) = depot();
    let pool = PoolHandle::new(PoolAlloc::new(Arc::clone(&depot), 0)).with_max_size(2);
    pool.insert(1, String::from("one")).expect("room");
    pool.insert(2, String::from("two")).expect("room");
    assert_eq!(pool.insert(3, String::new()), Err(AllocError::CapacityExceeded { capacity: 2 }));
    let mut one = pool.acquire(1).expect("there");
    assert!(pool.acquire(1).is_none() && pool.remove(1).is_none() && pool.acquire(9).is_none());
    one.push_str(" more");
    pool.release(one);
    let one = pool.acquire(1).expect("back");
    assert_eq!((one.as_str(), one.id()), ("one more", 1));
    // A newer value takes the place of the one that is out.
    pool.insert(1, String::from("new")).expect("known");
    drop(one);
    assert_eq!(pool.acquire(1).expect("there").into_box().as_str(), "new");
    assert!(!pool.contains(1) && pool.len() == 1);
    assert_eq!(pool.remove(2).map(PoolBox::into_inner).as_deref(), Some("two"));

    let pool = pool.with_max_size(usize::MAX);
    std::thread::scope(|scope| {
        for start in 0..3 {
            let pool = pool.clone();
            scope.spawn(move || {
                for n in 0..500 {
                    pool.insert(n, format!("{start}")).expect("room");
                    drop(pool.acquire(n * 7 % 500));
                }
            });
        }
    });
    assert_eq!(pool.len(), 500);
    drop((pool, depot));
    assert_eq!(counting.counts().live_blocks, 0);
}
