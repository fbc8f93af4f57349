//! A unit without quotes.

use framealloc::{SmartAlloc, frame_system};

#[frame_system(budget = 8MB)]
fn step(alloc: &SmartAlloc) {}

fn main() {}
