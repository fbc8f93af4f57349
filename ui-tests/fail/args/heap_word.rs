//! A word that does not exist, near one that does.

use framealloc::{SmartAlloc, frame_system};

#[frame_system(heap = "denied")]
fn step(alloc: &SmartAlloc) {}

fn main() {}
