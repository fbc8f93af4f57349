//! The capacity is a `usize`.

use framealloc::{SmartAlloc, frame_system};

#[frame_system(tag = "ai")]
fn plan(alloc: &SmartAlloc) {
    #[frame_local(capacity = "16")]
    let mut costs: Vec<f32>;
    costs.push(1.0);
}

fn main() {}
