//! The elements of an ordinary vector would stay on the heap.

use framealloc::{SmartAlloc, frame_system};

#[frame_system(tag = "ai")]
fn plan(alloc: &SmartAlloc) {
    #[frame_local]
    let visible: Vec<u32> = (0..1000).collect();
    println!("{visible:?}");
}

fn main() {}
