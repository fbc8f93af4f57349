//! A policy that does not exist, near one that does.

use framealloc::{SmartAlloc, frame_system};

#[frame_system(tag = "nav")]
fn rebuild(alloc: &SmartAlloc) {
    #[retain(PromoteToPol)]
    let mesh = vec![1, 2, 3];
    drop(mesh);
}

fn main() {}
