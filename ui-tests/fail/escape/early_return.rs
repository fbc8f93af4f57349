//! A frame value leaves by `return` in the middle.

use framealloc::{FrameBox, SmartAlloc, frame_system};

#[frame_system(tag = "ai")]
fn plan<'a>(alloc: &'a SmartAlloc, goal: Option<u32>) -> Option<FrameBox<'a, u32>> {
    #[frame_local]
    let best = 5_u32;
    if goal.is_some() {
        return Some(best);
    }
    None
}

fn main() {}
