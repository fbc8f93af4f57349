//! A lazy iterator over a frame vector is returned.

use framealloc::{SmartAlloc, frame_system};

#[frame_system(tag = "physics")]
fn broad_phase(alloc: &SmartAlloc, bodies: &[u32]) -> impl Iterator<Item = u32> {
    #[frame_local]
    let mut pairs: Vec<u32>;
    pairs.extend(bodies);
    pairs.iter().map(|pair| pair + 1)
}

fn main() {}
