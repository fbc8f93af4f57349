//! A string without a unit.

use framealloc::{SmartAlloc, frame_system};

#[frame_system(budget = "8")]
fn step(alloc: &SmartAlloc) {}

fn main() {}
