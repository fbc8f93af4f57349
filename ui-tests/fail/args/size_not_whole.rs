//! A fraction.

use framealloc::{SmartAlloc, frame_system};

#[frame_system(budget = "1.5MB")]
fn step(alloc: &SmartAlloc) {}

fn main() {}
