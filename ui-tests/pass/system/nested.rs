//! A system inside a system, and one that calls another.

use framealloc::{Frame, SmartAlloc, frame_system};

#[frame_system(tag = "physics", frame = frame)]
fn outer(alloc: &SmartAlloc) -> usize {
    #[frame_system(tag = "physics/inner")]
    fn inner(frame: &Frame, count: u32) -> usize {
        #[frame_local]
        let mut list: Vec<u32>;
        list.extend(0..count);
        list.len()
    }

    #[frame_local]
    let mut list: Vec<u32>;
    list.push(1);
    list.len() + inner(frame, 2) + other(alloc)
}

#[frame_system(tag = "physics/other")]
fn other(alloc: &SmartAlloc) -> usize {
    #[frame_local]
    let one = 1_usize;
    *one
}

fn main() {
    assert_eq!(outer(&SmartAlloc::with_defaults()), 4);
}
