//! A plain value declared now and assigned later.

use framealloc::{SmartAlloc, frame_system};

#[frame_system(tag = "ai")]
fn plan(alloc: &SmartAlloc) {
    #[frame_local]
    let best: u32;
    best = 5;
    println!("{best}");
}

fn main() {}
