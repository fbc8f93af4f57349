//! The frame's name in quotes.

use framealloc::{SmartAlloc, frame_system};

#[frame_system(frame = "scratch")]
fn step(alloc: &SmartAlloc) {}

fn main() {}
