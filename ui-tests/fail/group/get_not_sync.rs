//! A shared group lends what may be shared: `get_mut` lends the rest.

use std::cell::Cell;

use framealloc::SmartAlloc;

fn main() {
    let alloc = SmartAlloc::with_defaults();
    let mut level = alloc.groups().create_group("level");
    let count = level.alloc(Cell::new(1));
    println!("{:?}", level.get(count));
}
