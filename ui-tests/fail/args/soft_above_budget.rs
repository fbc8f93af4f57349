//! A soft limit that is never reached.

use framealloc::{SmartAlloc, frame_system};

#[frame_system(budget = "4MB", soft = "6MB")]
fn step(alloc: &SmartAlloc) {}

fn main() {}
