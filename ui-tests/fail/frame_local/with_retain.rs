//! Gone with the frame or kept beyond it: one of the two.

use framealloc::{SmartAlloc, frame_system};

#[frame_system(tag = "ai")]
fn plan(alloc: &SmartAlloc) {
    #[frame_local]
    #[retain(Leak)]
    let mut best: Vec<u32>;
    best.push(5);
}

fn main() {}
