//! `unsafe fn`, and the ABIs that let a panic through.

use framealloc::{SmartAlloc, frame_system};

/// # Safety
/// `numbers` points to `count` numbers.
#[frame_system(tag = "raw")]
unsafe fn sum(alloc: &SmartAlloc, numbers: *const u32, count: usize) -> u32 {
    #[frame_local]
    let mut copy: Vec<u32>;
    // SAFETY: the caller's promise.
    copy.extend(unsafe { std::slice::from_raw_parts(numbers, count) });
    copy.iter().sum()
}

#[frame_system(tag = "callback")]
extern "C-unwind" fn callback(alloc: &SmartAlloc) -> u32 {
    #[frame_local]
    let one = 1;
    *one
}

fn main() {
    let alloc = SmartAlloc::with_defaults();
    let numbers = [1, 2, 3];
    // SAFETY: the array is alive.
    assert_eq!(unsafe { sum(&alloc, numbers.as_ptr(), 3) }, 6);
    assert_eq!(callback(&alloc), 1);
}
