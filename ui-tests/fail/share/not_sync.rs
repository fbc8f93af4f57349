//! What is shared is read by several threads at once.

use std::cell::Cell;

use framealloc::SmartAlloc;

fn publish(alloc: &SmartAlloc) {
    let counter = Cell::new(0_u32);
    alloc.share(counter);
}

fn main() {}
