//! Loaded data, which others may read, is written to.

use framealloc::{SmartAlloc, StreamPriority};

fn main() {
    let alloc = SmartAlloc::with_defaults();
    let wall = alloc.streaming().reserve(100, StreamPriority::Normal).unwrap();
    let data = alloc.streaming().access(wall).unwrap();
    data[0] = 1;
}
