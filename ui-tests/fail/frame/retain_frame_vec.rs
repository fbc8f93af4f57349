//! What a frame vector holds is in its frame.

use framealloc::{RetentionPolicy, SmartAlloc};

fn main() {
    let alloc = SmartAlloc::with_defaults();
    let frame = alloc.frame();
    let mut path = frame.vec();
    path.push(1_u32);
    frame.retain(path, RetentionPolicy::PromoteToPool);
}
