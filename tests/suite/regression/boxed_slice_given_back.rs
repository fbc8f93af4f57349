//! A boxed slice of `allocator-api2` knows its own elements only. Where it was the last block of its frame, the frame went on
//! from its pointer, which the model of memory forbids for what lies behind: Miri reports it.

use framealloc::SmartAlloc;

#[test]
fn what_comes_next_is_not_derived_from_it() {
    let alloc = SmartAlloc::with_defaults();
    let frame = alloc.frame();
    frame.alloc(0_u64);
    let mut list = frame.vec();
    list.extend([1_u64, 2, 3]);
    drop(list.into_vec().into_boxed_slice());
    let next = frame.slice_from_fn(100, |n| n);
    assert_eq!((next[99], frame.bytes_used()), (99, 808));
}
