//! A unit without quotes, and a letter alone.

use framealloc::{SmartAlloc, frame_system};

#[frame_system(budget = 64k)]
fn step(alloc: &SmartAlloc) {}

fn main() {}
