//! More than 64 bits.

use framealloc::{SmartAlloc, frame_system};

#[frame_system(budget = "20000000000GB")]
fn step(alloc: &SmartAlloc) {}

fn main() {}
