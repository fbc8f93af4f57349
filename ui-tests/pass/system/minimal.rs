//! The smallest system.

use framealloc::{SmartAlloc, frame_system};

#[frame_system]
fn step(alloc: &SmartAlloc) {}

fn main() {
    step(&SmartAlloc::with_defaults());
}
