//! The frame is gone, the vector is used.

use framealloc::SmartAlloc;

fn main() {
    let alloc = SmartAlloc::with_defaults();
    let frame = alloc.frame();
    let mut pairs = frame.vec();
    pairs.push(1);
    drop(frame);
    pairs.push(2);
}
