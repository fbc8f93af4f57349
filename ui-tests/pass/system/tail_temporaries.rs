//! Temporaries of the last expression die before the frame.

use std::cell::RefCell;

use framealloc::{SmartAlloc, frame_system};

#[frame_system]
fn borrowed(alloc: &SmartAlloc) -> usize {
    #[frame_local]
    let cell: RefCell<Vec<u32>> = RefCell::new(vec![1, 2]);
    cell.borrow().len()
}

#[frame_system]
fn matched(alloc: &SmartAlloc) -> u32 {
    #[frame_local]
    let cell = RefCell::new(5);
    match *cell.borrow() {
        5 => 1,
        _ => 0,
    }
}

#[frame_system(frame = frame)]
fn of_frame(alloc: &SmartAlloc) -> usize {
    frame.vec::<u32>().iter().count() + frame.slice_copy(&[1, 2]).iter().len()
}

fn main() {
    let alloc = SmartAlloc::with_defaults();
    assert_eq!(borrowed(&alloc), 2);
    assert_eq!(matched(&alloc), 1);
    assert_eq!(of_frame(&alloc), 2);
}
