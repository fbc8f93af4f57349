//! A `let` that may not match.

use framealloc::{SmartAlloc, frame_system};

#[frame_system(tag = "ai")]
fn plan(alloc: &SmartAlloc, goal: Option<u32>) {
    #[frame_local]
    let Some(goal) = goal else { return };
    println!("{goal}");
}

fn main() {}
