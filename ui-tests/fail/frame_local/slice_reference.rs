//! A slice has no length of its own.

use framealloc::{SmartAlloc, frame_system};

#[frame_system(tag = "ai")]
fn plan(alloc: &SmartAlloc) {
    #[frame_local]
    let open: &mut [u32];
    open[0] = 1;
}

fn main() {}
