//! An alias hides the container from the macro.

use framealloc::{SmartAlloc, frame_system};

type Pairs = Vec<(u32, u32)>;

#[frame_system(tag = "ai")]
fn plan(alloc: &SmartAlloc) {
    #[frame_local]
    let mut pairs: Pairs;
    pairs.push((1, 2));
}

fn main() {}
