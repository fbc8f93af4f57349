//! A unit in the wrong case.

use framealloc::{SmartAlloc, frame_system};

#[frame_system(budget = "8mb")]
fn step(alloc: &SmartAlloc) {}

fn main() {}
