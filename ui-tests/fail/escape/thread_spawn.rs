//! A frame vector moves to another thread.

use framealloc::{SmartAlloc, frame_system};

#[frame_system(tag = "physics")]
fn broad_phase(alloc: &SmartAlloc) {
    #[frame_local]
    let pairs: Vec<u32>;
    std::thread::spawn(move || pairs.len());
}

fn main() {}
