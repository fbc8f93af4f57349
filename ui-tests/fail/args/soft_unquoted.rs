//! A percentage without quotes.

use framealloc::{SmartAlloc, frame_system};

#[frame_system(budget = "4MB", soft = 80%)]
fn step(alloc: &SmartAlloc) {}

fn main() {}
