//! In a block that runs in the compiler.

use framealloc::{SmartAlloc, frame_system};

#[frame_system(tag = "ai")]
fn plan(alloc: &SmartAlloc) {
    let _zero = const {
        #[frame_local]
        let zero = 0;
        zero
    };
}

fn main() {}
