//! A vector in a scoped frame is shared with other threads.

use framealloc::{SmartAlloc, frame_system};

#[frame_system(tag = "culling", frame = frame)]
fn cull(alloc: &SmartAlloc) {
    let visible = frame.slice_copy(&[1_u32, 2, 3]);
    alloc.share(visible);
}

fn main() {}
