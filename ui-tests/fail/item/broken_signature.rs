//! A signature that is no Rust (yet), as while it is being typed.

use framealloc::{SmartAlloc, frame_system};

#[frame_system(tag = "physics")]
fn step(alloc: &SmartAlloc, bodies: ) -> u32 {
    5
}

fn main() {}
