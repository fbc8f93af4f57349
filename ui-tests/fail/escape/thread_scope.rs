//! A scoped thread takes a frame vector; a slice of it would do.

use framealloc::{SmartAlloc, frame_system};

#[frame_system(tag = "physics")]
fn broad_phase(alloc: &SmartAlloc) {
    #[frame_local]
    let pairs: Vec<u32>;
    std::thread::scope(|scope| {
        scope.spawn(move || pairs.len());
    });
}

fn main() {}
