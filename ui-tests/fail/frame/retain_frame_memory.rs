//! What is promoted outlives the frame, so it cannot point into it.

use framealloc::{RetentionPolicy, SmartAlloc};

fn main() {
    let alloc = SmartAlloc::with_defaults();
    let frame = alloc.frame();
    let number: &u32 = frame.alloc(5);
    frame.retain(number, RetentionPolicy::PromoteToHeap);
}
