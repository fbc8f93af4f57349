//! The name of the frame form in the place of the ordinary one.

use framealloc::{FrameVec, SmartAlloc, frame_system};

#[frame_system(tag = "ai")]
fn plan(alloc: &SmartAlloc) {
    #[frame_local]
    let mut open: FrameVec<'_, u32>;
    open.push(1);
}

fn main() {}
