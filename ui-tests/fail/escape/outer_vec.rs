//! A frame box is pushed into a vector of the caller.

use framealloc::{FrameBox, SmartAlloc, frame_system};

#[frame_system(tag = "ai")]
fn plan<'a>(alloc: &'a SmartAlloc, plans: &mut Vec<FrameBox<'a, u32>>) {
    #[frame_local]
    let plan = 5_u32;
    plans.push(plan);
}

fn main() {}
