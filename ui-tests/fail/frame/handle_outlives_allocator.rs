//! An ambient handle borrows its allocator.

use framealloc::SmartAlloc;

fn main() {
    let mut pairs = {
        let alloc = SmartAlloc::with_defaults();
        alloc.frame_vec()
    };
    pairs.push(1);
}
