//! Each call opens a frame of its own.

use framealloc::{SmartAlloc, frame_system};

#[frame_system]
fn depth(alloc: &SmartAlloc, n: u32) -> u32 {
    #[frame_local]
    let mut path: Vec<u32>;
    path.push(n);
    if n == 0 { 0 } else { depth(alloc, path[0] - 1) + 1 }
}

fn main() {
    assert_eq!(depth(&SmartAlloc::with_defaults(), 20), 20);
}
