//! The policy is what `#[retain]` is for.

use framealloc::{SmartAlloc, frame_system};

#[frame_system(tag = "nav")]
fn rebuild(alloc: &SmartAlloc) {
    #[retain]
    let mesh = vec![1, 2, 3];
    drop(mesh);
}

fn main() {}
