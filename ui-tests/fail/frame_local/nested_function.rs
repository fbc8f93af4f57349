//! In a function of its own inside a system.

use framealloc::{SmartAlloc, frame_system};

#[frame_system(tag = "ai")]
fn plan(alloc: &SmartAlloc) {
    fn inner() -> usize {
        #[frame_local]
        let list: Vec<u32>;
        list.len()
    }
    inner();
}

fn main() {}
