//! A value brings its own capacity.

use framealloc::{SmartAlloc, frame_system};

#[frame_system(tag = "ai")]
fn plan(alloc: &SmartAlloc) {
    #[frame_local(capacity = 16)]
    let costs = [1.0; 16];
    println!("{costs:?}");
}

fn main() {}
