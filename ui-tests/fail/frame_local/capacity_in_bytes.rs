//! The capacity is a number of elements.

use framealloc::{SmartAlloc, frame_system};

#[frame_system(tag = "ai")]
fn plan(alloc: &SmartAlloc) {
    #[frame_local(capacity = "64KB")]
    let mut costs: Vec<f32>;
    costs.push(1.0);
}

fn main() {}
