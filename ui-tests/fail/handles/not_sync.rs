//! A cell is borrowed in a way that several threads may at once.

use std::cell::Cell;

use framealloc::SmartAlloc;

fn main() {
    let alloc = SmartAlloc::with_defaults();
    let counter = alloc.handles().alloc(Cell::new(1));
    let guard = alloc.handles().resolve(counter);
    drop(guard);
}
