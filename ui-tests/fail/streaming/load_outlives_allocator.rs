//! The allocator goes while a resource is being loaded.

use framealloc::{SmartAlloc, StreamPriority};

fn main() {
    let alloc = SmartAlloc::with_defaults();
    let wall = alloc.streaming().reserve(100, StreamPriority::Normal).unwrap();
    let mut load = alloc.streaming().begin_load(wall).unwrap();
    drop(alloc);
    load.write(&[1; 100]).unwrap();
}
