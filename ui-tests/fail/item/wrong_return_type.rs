//! A type error points at the user's expression.

use framealloc::{SmartAlloc, frame_system};

#[frame_system(tag = "physics")]
fn step(alloc: &SmartAlloc) -> u32 {
    let count = "5";
    count
}

fn main() {}
