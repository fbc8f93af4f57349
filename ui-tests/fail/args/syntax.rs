//! Arguments that are no Rust at all.

use framealloc::{SmartAlloc, frame_system};

#[frame_system(tag: "physics")]
fn step(alloc: &SmartAlloc) {}

fn main() {}
