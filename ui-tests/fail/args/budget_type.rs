//! A constant that is no size.

use framealloc::{SmartAlloc, frame_system};

const LIMIT: f32 = 8.5;

#[frame_system(budget = LIMIT)]
fn step(alloc: &SmartAlloc) {}

fn main() {}
