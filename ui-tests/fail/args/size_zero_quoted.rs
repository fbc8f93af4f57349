//! Zero as a string.

use framealloc::{SmartAlloc, frame_system};

#[frame_system(budget = "0")]
fn step(alloc: &SmartAlloc) {}

fn main() {}
