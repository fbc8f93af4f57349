//! A key twice.

use framealloc::{SmartAlloc, frame_system};

#[frame_system(tag = "ai", budget = "8MB", tag = "physics")]
fn step(alloc: &SmartAlloc) {}

fn main() {}
