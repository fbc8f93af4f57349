//! A key that was meant to be the budget.

use framealloc::{SmartAlloc, frame_system};

#[frame_system(bugdet = "4MB", on_exceed = "fail")]
fn step(alloc: &SmartAlloc) {}

fn main() {}
