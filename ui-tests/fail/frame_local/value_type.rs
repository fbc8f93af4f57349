//! The value does not have the type that is written.

use framealloc::{SmartAlloc, frame_system};

#[frame_system(tag = "ai")]
fn plan(alloc: &SmartAlloc) {
    #[frame_local]
    let best: u32 = "5";
    println!("{best}");
}

fn main() {}
