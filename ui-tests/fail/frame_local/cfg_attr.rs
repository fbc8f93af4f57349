//! Behind `cfg_attr`.

use framealloc::{SmartAlloc, frame_system};

#[frame_system(tag = "ai")]
fn plan(alloc: &SmartAlloc) {
    #[cfg_attr(debug_assertions, frame_local)]
    let best = 5;
    println!("{best}");
}

fn main() {}
