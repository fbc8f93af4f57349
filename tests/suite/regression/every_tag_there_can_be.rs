//! Statistics of an allocator with 65,535 tags: the number after the last one overflowed, which is a panic where overflows
//! are checked.

use framealloc::SmartAlloc;

const MOST: u32 = if cfg!(miri) { 20 } else { u16::MAX as u32 };

#[test]
fn statistics_list_all() {
    let alloc = SmartAlloc::with_defaults();
    (1..MOST).for_each(|n| _ = alloc.tag(&n.to_string()));
    let last = alloc.tag(&MOST.to_string());
    drop(alloc.with_tag(last, |alloc| alloc.pool_box(1_u64)));
    let tags = alloc.stats().tags;
    let made: Vec<u64> = tags.iter().map(|tag| tag.pool.allocations).collect();
    assert_eq!((tags.len() as u32, made.iter().sum::<u64>(), made.last()), (MOST + 1, 1, Some(&1)));
}
