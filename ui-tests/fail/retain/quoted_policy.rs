//! Policies are names, not strings.

use framealloc::{SmartAlloc, frame_system};

#[frame_system(tag = "nav")]
fn rebuild(alloc: &SmartAlloc) {
    #[retain("pool")]
    let mesh = vec![1, 2, 3];
    drop(mesh);
}

fn main() {}
