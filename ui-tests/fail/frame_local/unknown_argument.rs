//! An argument that does not exist, near one that does.

use framealloc::{SmartAlloc, frame_system};

#[frame_system(tag = "ai")]
fn plan(alloc: &SmartAlloc) {
    #[frame_local(capcity = 16)]
    let mut costs: Vec<f32>;
    costs.push(1.0);
}

fn main() {}
