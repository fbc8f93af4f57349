//! The frame by its own name gives out a reference that is returned.

use framealloc::{SmartAlloc, frame_system};

#[frame_system(tag = "physics", frame = frame)]
fn contact<'a>(alloc: &'a SmartAlloc) -> &'a mut u32 {
    frame.alloc(5)
}

fn main() {}
