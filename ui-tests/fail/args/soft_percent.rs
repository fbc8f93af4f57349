//! More than all of it.

use framealloc::{SmartAlloc, frame_system};

#[frame_system(budget = "4MB", soft = "120%")]
fn step(alloc: &SmartAlloc) {}

fn main() {}
