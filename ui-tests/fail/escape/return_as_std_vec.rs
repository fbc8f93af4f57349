//! A frame vector is no `Vec`.

use framealloc::{SmartAlloc, frame_system};

#[frame_system(tag = "physics")]
fn broad_phase(alloc: &SmartAlloc, bodies: &[u32]) -> Vec<u32> {
    #[frame_local]
    let mut pairs: Vec<u32>;
    pairs.extend(bodies);
    pairs
}

fn main() {}
