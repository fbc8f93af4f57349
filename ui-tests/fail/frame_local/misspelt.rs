//! The attribute with a slip of the key.

use framealloc::{SmartAlloc, frame_system};

#[frame_system(tag = "ai")]
fn plan(alloc: &SmartAlloc) {
    #[frame_locl]
    let mut costs: Vec<f32>;
    costs.push(1.0);
}

fn main() {}
