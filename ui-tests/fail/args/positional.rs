//! A bare string.

use framealloc::{SmartAlloc, frame_system};

#[frame_system("physics")]
fn step(alloc: &SmartAlloc) {}

fn main() {}
