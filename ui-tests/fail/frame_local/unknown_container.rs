//! A container without a frame form.

use std::collections::VecDeque;

use framealloc::{SmartAlloc, frame_system};

#[frame_system(tag = "ai")]
fn plan(alloc: &SmartAlloc) {
    #[frame_local]
    let mut open: VecDeque<u32>;
    open.push_back(1);
}

fn main() {}
