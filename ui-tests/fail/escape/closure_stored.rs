//! A closure that borrows a frame vector is stored for later.

use framealloc::{SmartAlloc, frame_system};

#[frame_system(tag = "physics")]
fn later(alloc: &SmartAlloc, jobs: &mut Vec<Box<dyn FnOnce() -> usize>>) {
    #[frame_local]
    let pairs: Vec<u32>;
    jobs.push(Box::new(move || pairs.len()));
}

fn main() {}
