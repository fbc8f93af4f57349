//! A function that forgets its value.

use framealloc::{SmartAlloc, frame_system};

#[frame_system(tag = "physics")]
fn step(alloc: &SmartAlloc) -> u32 {
    let count = 5;
    count + 1;
}

fn main() {}
