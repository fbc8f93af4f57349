//! One value in a box is written differently.

use framealloc::{SmartAlloc, frame_system};

#[frame_system(tag = "ai")]
fn plan(alloc: &SmartAlloc) {
    #[frame_local]
    let best: Box<u32>;
    println!("{best}");
}

fn main() {}
