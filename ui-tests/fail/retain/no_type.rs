//! Neither a value nor a type.

use framealloc::{SmartAlloc, frame_system};

#[frame_system(tag = "ai")]
fn plan(alloc: &SmartAlloc) {
    #[retain(PromoteToPool)]
    let mesh;
}

fn main() {}
