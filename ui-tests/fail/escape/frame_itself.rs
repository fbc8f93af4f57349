//! The frame itself is returned.

use framealloc::{Frame, SmartAlloc, frame_system};

#[frame_system(tag = "physics", frame = frame)]
fn scratch(alloc: &SmartAlloc) -> &Frame {
    frame
}

fn main() {}
