//! What is shared may be read when the borrow is over.

use framealloc::SmartAlloc;

fn publish(alloc: &SmartAlloc) {
    let bodies = vec![1_u32, 2, 3];
    alloc.share(bodies.as_slice());
}

fn main() {}
