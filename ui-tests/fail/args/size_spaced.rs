//! A unit without quotes, with a blank.

use framealloc::{SmartAlloc, frame_system};

#[frame_system(budget = 8 MB)]
fn step(alloc: &SmartAlloc) {}

fn main() {}
