//! What a closure makes in the frame outlives the closure, but not the system.

use framealloc::{FrameVec, SmartAlloc, frame_system};

#[frame_system(tag = "ai")]
fn plan<'a>(alloc: &'a SmartAlloc, plans: &mut Vec<FrameVec<'a, u32>>) {
    let mut add = || {
        #[frame_local]
        let plan: Vec<u32>;
        plans.push(plan);
    };
    add();
}

fn main() {}
