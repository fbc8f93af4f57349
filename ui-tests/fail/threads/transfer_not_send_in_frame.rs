//! A transfer of a frame box whose value must stay on its thread.

use std::rc::Rc;

use framealloc::SmartAlloc;

fn main() {
    let alloc = SmartAlloc::with_defaults();
    let boxed = alloc.frame_box(Rc::new(5));
    alloc.frame_box_for_transfer(boxed);
}
