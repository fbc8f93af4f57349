//! The letter alone is no unit.

use framealloc::{SmartAlloc, frame_system};

#[frame_system(budget = "64K")]
fn step(alloc: &SmartAlloc) {}

fn main() {}
