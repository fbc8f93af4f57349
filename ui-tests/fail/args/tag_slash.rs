//! A tag path with an empty name.

use framealloc::{SmartAlloc, frame_system};

#[frame_system(tag = "/physics//broad")]
fn step(alloc: &SmartAlloc) {}

fn main() {}
