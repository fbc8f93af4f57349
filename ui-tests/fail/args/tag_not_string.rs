//! A tag as a name.

use framealloc::{SmartAlloc, frame_system};

#[frame_system(tag = physics::broad)]
fn step(alloc: &SmartAlloc) {}

fn main() {}
