//! Every mistake in one go.

use framealloc::{SmartAlloc, frame_system};

#[frame_system(tag = "nav")]
fn rebuild(alloc: &SmartAlloc, level: &str) {
    #[retain(Keep)]
    let a = 1;
    #[retain(PromoteToPool, Leak)]
    let b = 2;
    #[retain(PromoteToHeap("pool"))]
    let c = 3;
    #[retain(PromoteToScratch(""), name = "")]
    let d = 4;
    #[retain(name = level)]
    let e = 5;
    #[retain(Leak, names = "e", name = "e", name = "f")]
    let f = 6;
    #[retain(Leak)]
    let (g, h) = (7, 8);
    drop((a, b, c, d, e, f, g, h, level));
}

fn main() {}
