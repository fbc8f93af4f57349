//! Memory that goes at once: scratch, groups, streaming.

use framealloc::{AllocConfig, SmartAlloc, StreamPriority};

use super::Count;

#[test]
fn scratch() {
    let alloc = SmartAlloc::new(AllocConfig::minimal()).unwrap();
    let count = Count::default();
    let mut scratch = alloc.create_scratch_allocator(100_000).unwrap();
    for _ in 0..2 {
        let first = scratch.alloc::<u64>().write(3);
        *first += scratch.slice_from_fn(600, |n| n as u64)[4];
        assert_eq!(*first, 7);
        let sum = scratch.with_scope(|outer| {
            let slice = outer.slice_from_fn(200, |n| n as u32);
            slice[0] = outer.with_scope(|inner| inner.slice_from_fn(800, |n| n as u32)[5]);
            slice[0] + slice[1]
        });
        assert_eq!(sum, 6);
        scratch.reset();
    }
    let pool = alloc.scratch_pool("named");
    let boxed = pool.boxed(count.make(1)).unwrap();
    let slice = pool.boxed_slice(3, |_| count.make(2)).unwrap();
    assert_eq!(pool.with_scope(|scope| scope.slice_from_fn(600, |n| n).len()), 600);
    assert_eq!((boxed.into_inner().mark(), slice[2].mark()), (1, 2));
    drop(slice);
    pool.reset().unwrap();
    assert_eq!(count.alive(), 0);
}

#[test]
fn groups() {
    let alloc = SmartAlloc::new(AllocConfig::minimal()).unwrap();
    let count = Count::default();
    let mut group = alloc.groups().create_group("level");
    let all: Vec<_> = (0..40).map(|mark| group.alloc(count.make(mark))).collect();
    let slice = group.alloc_slice(20, |n| count.make(n as u8));
    let inner = group.create_group("inner");
    let nested = group.group_mut(inner).unwrap().alloc(count.make(1));
    group.group_mut(inner).unwrap().get_mut(nested).unwrap().1.push(3);
    for handle in &all {
        group.get_mut(*handle).unwrap().1.push(1);
    }
    assert_eq!(group.get_mut(slice).unwrap()[3].mark(), 3);
    group.free_group(inner).unwrap();
    alloc.groups().free_group(group);
    assert_eq!(count.alive(), 0);
}

#[test]
fn streaming() {
    let alloc = SmartAlloc::new(AllocConfig::minimal()).unwrap();
    let streaming = alloc.streaming();
    streaming.set_budget(2000);
    let first = streaming.reserve(600, StreamPriority::Normal).unwrap();
    let mut load = streaming.begin_load(first).unwrap();
    load.write(&[1; 400]).unwrap();
    load.write(&[2; 200]).unwrap();
    load.finish_load().unwrap();
    assert_eq!(streaming.access(first).unwrap()[599], 2);
    for _ in 0..5 {
        _ = streaming.reserve(600, StreamPriority::Normal);
    }
}
