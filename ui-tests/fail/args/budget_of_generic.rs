//! A `static` cannot use a generic parameter.

use framealloc::{SmartAlloc, frame_system};

#[frame_system(budget = N * 1024)]
fn step<const N: usize>(alloc: &SmartAlloc) {}

fn main() {}
