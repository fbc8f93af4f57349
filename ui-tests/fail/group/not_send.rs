//! A group may be freed on another thread, so what is in it may go there.

use std::rc::Rc;

use framealloc::SmartAlloc;

fn main() {
    let alloc = SmartAlloc::with_defaults();
    let mut level = alloc.groups().create_group("level");
    level.alloc(Rc::new(1));
}
