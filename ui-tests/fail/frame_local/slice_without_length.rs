//! A boxed slice needs its length.

use framealloc::{SmartAlloc, frame_system};

#[frame_system(tag = "ai")]
fn plan(alloc: &SmartAlloc) {
    #[frame_local]
    let costs: Box<[f32]>;
    println!("{costs:?}");
}

fn main() {}
