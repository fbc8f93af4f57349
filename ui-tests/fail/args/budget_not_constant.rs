//! A budget that is known only at run time.

use framealloc::{SmartAlloc, frame_system};

#[frame_system(budget = limit)]
fn step(alloc: &SmartAlloc, limit: u64) {}

fn main() {}
