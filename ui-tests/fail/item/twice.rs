//! Two systems on one function.

use framealloc::{SmartAlloc, frame_system};

#[frame_system(tag = "physics")]
#[frame_system(tag = "broad")]
fn step(alloc: &SmartAlloc) {}

fn main() {}
