//! A name bound by reference.

use framealloc::{SmartAlloc, frame_system};

#[frame_system(tag = "ai")]
fn plan(alloc: &SmartAlloc) {
    #[frame_local]
    let ref list = vec![1, 2];
    drop(list.clone());
}

fn main() {}
