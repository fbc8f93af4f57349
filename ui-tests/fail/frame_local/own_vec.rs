//! `Vec` means another type here.

use framealloc::{SmartAlloc, frame_system};

pub struct Vec<T>(pub T);

#[frame_system(tag = "ai")]
fn plan(alloc: &SmartAlloc) {
    #[frame_local]
    let pairs: Vec<u32>;
    drop(pairs);
}

fn main() {}
