//! There is nothing to keep.

use framealloc::{SmartAlloc, frame_system};

#[frame_system(tag = "nav")]
fn rebuild(alloc: &SmartAlloc) {
    #[retain(PromoteToPool)]
    let mut mesh: Vec<u32>;
    mesh.push(1);
}

fn main() {}
