//! A retained value is kept, a reference to it is not.

use framealloc::{SmartAlloc, frame_system};

#[frame_system(tag = "nav")]
fn rebuild<'a>(alloc: &'a SmartAlloc) -> &'a [u32] {
    #[retain(PromoteToPool)]
    let mesh = vec![1, 2, 3];
    mesh.as_slice()
}

fn main() {}
