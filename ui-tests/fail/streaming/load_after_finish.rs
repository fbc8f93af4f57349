//! A resource is written to after its load was finished.

use framealloc::{SmartAlloc, StreamPriority};

fn main() {
    let alloc = SmartAlloc::with_defaults();
    let wall = alloc.streaming().reserve(100, StreamPriority::Normal).unwrap();
    let mut load = alloc.streaming().begin_load(wall).unwrap();
    load.write(&[1; 100]).unwrap();
    load.finish_load().unwrap();
    load.write(&[2; 100]).unwrap();
}
