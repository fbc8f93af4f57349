//! A frame vector is kept in a field.

use framealloc::{FrameVec, SmartAlloc, frame_system};

struct World<'a> {
    pairs: Option<FrameVec<'a, u32>>,
}

#[frame_system(tag = "physics")]
fn broad_phase<'a>(alloc: &'a SmartAlloc, world: &mut World<'a>) {
    #[frame_local]
    let pairs: Vec<u32>;
    world.pairs = Some(pairs);
}

fn main() {}
