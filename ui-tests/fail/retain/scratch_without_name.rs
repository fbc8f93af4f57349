//! Scratch pools have names.

use framealloc::{SmartAlloc, frame_system};

#[frame_system(tag = "nav")]
fn rebuild(alloc: &SmartAlloc) {
    #[retain(PromoteToScratch)]
    let mesh = vec![1, 2, 3];
    drop(mesh);
}

fn main() {}
