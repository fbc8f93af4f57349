//! A frame in an inner block, its vector in an outer one.

use framealloc::SmartAlloc;

fn main() {
    let alloc = SmartAlloc::with_defaults();
    let mut pairs;
    {
        let frame = alloc.frame();
        pairs = frame.vec();
    }
    pairs.push(1);
}
