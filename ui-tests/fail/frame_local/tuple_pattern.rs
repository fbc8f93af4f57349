//! A pattern with two names.

use framealloc::{SmartAlloc, frame_system};

#[frame_system(tag = "ai")]
fn plan(alloc: &SmartAlloc) {
    #[frame_local]
    let (near, far) = (1, 2);
    println!("{near} {far}");
}

fn main() {}
