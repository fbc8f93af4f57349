//! A key without a value.

use framealloc::{SmartAlloc, frame_system};

#[frame_system(tag = "ai", budget)]
fn step(alloc: &SmartAlloc) {}

fn main() {}
