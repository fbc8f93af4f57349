//! On a closure.

use framealloc::{SmartAlloc, frame_system};

fn main() {
    #[frame_system(tag = "ai")]
    let plan = |alloc: &SmartAlloc| alloc.frame_number();
    plan(&SmartAlloc::with_defaults());
}
