//! What a frame vector holds is in its frame.

use framealloc::{SmartAlloc, frame_system};

#[frame_system(tag = "nav")]
fn rebuild(alloc: &SmartAlloc) {
    #[frame_local]
    let mut path: Vec<u32>;
    path.push(1);
    #[retain(PromoteToPool)]
    let kept = path;
    drop(kept);
}

fn main() {}
