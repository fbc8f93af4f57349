//! A key with nothing after the `=`.

use framealloc::{SmartAlloc, frame_system};

#[frame_system(tag = "ai", budget =)]
fn step(alloc: &SmartAlloc) {}

fn main() {}
