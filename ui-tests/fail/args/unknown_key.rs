//! A key that does not exist, near one that does.

use framealloc::{SmartAlloc, frame_system};

#[frame_system(tag = "ai", budgt = "8MB")]
fn step(alloc: &SmartAlloc) {}

fn main() {}
