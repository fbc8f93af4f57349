//! Every argument at once.

use framealloc::{SmartAlloc, frame_system};

#[frame_system(
    tag = "physics/broad phase",
    phase = "update",
    budget = "8MB",
    soft = "75%",
    on_exceed = "fail",
    heap = "warn",
    frame = frame,
    alloc = alloc,
    crate = ::framealloc,
)]
fn step(alloc: &SmartAlloc, bodies: &[u32]) -> u32 {
    let sorted = frame.slice_copy(bodies);
    sorted.sort_unstable();
    sorted.first().copied().unwrap_or(0)
}

fn main() {
    assert_eq!(step(&SmartAlloc::with_defaults(), &[3, 1, 2]), 1);
}
