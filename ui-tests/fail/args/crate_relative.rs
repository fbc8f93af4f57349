//! A path that depends on where it stands.

use framealloc::{SmartAlloc, frame_system};

#[frame_system(crate = engine::framealloc)]
fn step(alloc: &SmartAlloc) {}

fn main() {}
