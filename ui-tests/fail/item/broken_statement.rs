//! A body that does not parse is still wrapped; the compiler says what is wrong in it.

use framealloc::{SmartAlloc, frame_system};

#[frame_system(tag = "physics")]
fn step(alloc: &SmartAlloc) -> u32 {
    let bodies = ;
    bodies[0]
}

fn main() {}
