//! A soft limit of nothing.

use framealloc::{SmartAlloc, frame_system};

#[frame_system(soft = "80%")]
fn step(alloc: &SmartAlloc) {}

fn main() {}
