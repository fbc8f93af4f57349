//! The capacity is a number of elements.

use framealloc::{SmartAlloc, frame_system};

#[frame_system(tag = "ai")]
fn plan(alloc: &SmartAlloc) {
    #[frame_local(capacity = "64KB")]
    let mut costs: Box<[f32]>;
    costs[0] = 1.0;
}

fn main() {}
