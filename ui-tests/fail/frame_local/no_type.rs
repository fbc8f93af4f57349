//! Neither a value nor a type.

use framealloc::{SmartAlloc, frame_system};

#[frame_system(tag = "ai")]
fn plan(alloc: &SmartAlloc) {
    #[frame_local]
    let best;
    best = 5;
    println!("{best}");
}

fn main() {}
