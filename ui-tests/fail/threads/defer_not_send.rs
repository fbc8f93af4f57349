//! A destructor that must run on this thread is deferred to another.

use std::rc::Rc;

use framealloc::SmartAlloc;

fn main() {
    let alloc = SmartAlloc::with_defaults();
    let shared = Rc::new(5);
    alloc.defer_drop(shared);
}
