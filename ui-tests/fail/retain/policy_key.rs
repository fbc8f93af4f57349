//! The policy has no key.

use framealloc::{SmartAlloc, frame_system};

#[frame_system(tag = "ai")]
fn plan(alloc: &SmartAlloc) {
    #[retain(policy = PromoteToPool)]
    let mesh = [1, 2, 3];
    println!("{mesh:?}");
}

fn main() {}
