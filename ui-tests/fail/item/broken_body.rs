//! A body that is no Rust keeps its own error.

use framealloc::{SmartAlloc, frame_system};

#[frame_system(tag = "physics")]
fn step(alloc: &SmartAlloc) -> u32 {
    let bodies = [1, 2, 3;
    bodies[0]
}

fn main() {}
