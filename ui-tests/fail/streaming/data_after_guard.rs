//! Streamed data is used after the guard that keeps it from being evicted.

use framealloc::{SmartAlloc, StreamPriority};

fn main() {
    let alloc = SmartAlloc::with_defaults();
    let wall = alloc.streaming().reserve(100, StreamPriority::Normal).unwrap();
    let data = alloc.streaming().access(wall).unwrap();
    let bytes: &[u8] = &data;
    drop(data);
    println!("{}", bytes.len());
}
