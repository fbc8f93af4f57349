//! Neither a value nor a type, and nothing that would tell them.

use framealloc::{SmartAlloc, frame_system};

#[frame_system(tag = "ai")]
fn plan(alloc: &SmartAlloc) {
    #[frame_local]
    let best;
}

fn main() {}
