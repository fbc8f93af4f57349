//! An allocator that has no name.

use framealloc::{SmartAlloc, frame_system};

#[frame_system(tag = "ui")]
fn draw(_: &SmartAlloc) {}

fn main() {}
