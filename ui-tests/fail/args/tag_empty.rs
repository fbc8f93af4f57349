//! A tag without letters.

use framealloc::{SmartAlloc, frame_system};

#[frame_system(tag = "")]
fn step(alloc: &SmartAlloc) {}

fn main() {}
