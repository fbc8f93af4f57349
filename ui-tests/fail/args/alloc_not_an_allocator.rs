//! An expression that is no allocator.

use framealloc::frame_system;

#[frame_system(alloc = threads)]
fn draw(threads: &usize) {}

fn main() {}
