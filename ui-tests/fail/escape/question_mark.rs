//! A frame value leaves inside an error.

use framealloc::{FrameString, SmartAlloc, frame_system};

#[frame_system(tag = "ai")]
fn plan<'a>(alloc: &'a SmartAlloc, goal: Option<u32>) -> Result<u32, FrameString<'a>> {
    #[frame_local]
    let mut reason: String;
    reason.push_str("no goal");
    let goal = goal.ok_or(reason)?;
    Ok(goal)
}

fn main() {}
