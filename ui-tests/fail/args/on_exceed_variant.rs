//! The name of the runtime's variant.

use framealloc::{SmartAlloc, frame_system};

#[frame_system(budget = "4MB", on_exceed = OnExceed::Fail)]
fn step(alloc: &SmartAlloc) {}

fn main() {}
