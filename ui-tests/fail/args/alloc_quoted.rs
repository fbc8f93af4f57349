//! An expression in quotes.

use framealloc::{SmartAlloc, frame_system};

#[frame_system(alloc = "self.alloc")]
fn step(alloc: &SmartAlloc) {}

fn main() {}
