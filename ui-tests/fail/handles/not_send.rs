//! What stays on its thread is put behind a handle that any thread may use.

use std::rc::Rc;

use framealloc::SmartAlloc;

fn main() {
    let alloc = SmartAlloc::with_defaults();
    let shared = Rc::new(1);
    alloc.handles().alloc(shared);
}
