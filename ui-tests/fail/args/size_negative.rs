//! Less than nothing.

use framealloc::{SmartAlloc, frame_system};

#[frame_system(budget = 4 - 1024)]
fn step(alloc: &SmartAlloc) {}

fn main() {}
