//! A transfer of what must stay on its thread.

use std::rc::Rc;

use framealloc::SmartAlloc;

fn main() {
    let alloc = SmartAlloc::with_defaults();
    let shared = Rc::new(5);
    alloc.frame_box_for_transfer(shared);
}
