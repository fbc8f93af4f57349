//! A word without quotes.

use framealloc::{SmartAlloc, frame_system};

#[frame_system(budget = "4MB", on_exceed = fail)]
fn step(alloc: &SmartAlloc) {}

fn main() {}
