//! On something that is no `let`.

use framealloc::{SmartAlloc, frame_system};

#[frame_system(tag = "ai")]
fn plan(alloc: &SmartAlloc) {
    let best = 5;
    #[frame_local]
    println!("{best}");
}

fn main() {}
