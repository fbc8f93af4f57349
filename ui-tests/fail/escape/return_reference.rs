//! A slice of a frame vector is returned.

use framealloc::{SmartAlloc, frame_system};

#[frame_system(tag = "physics")]
fn broad_phase<'a>(alloc: &'a SmartAlloc, bodies: &[u32]) -> &'a [u32] {
    #[frame_local]
    let mut pairs: Vec<u32>;
    pairs.extend(bodies);
    &pairs
}

fn main() {}
