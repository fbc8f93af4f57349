//! A word that does not exist.

use framealloc::{SmartAlloc, frame_system};

#[frame_system(budget = "4MB", on_exceed = "abort")]
fn step(alloc: &SmartAlloc) {}

fn main() {}
