//! The frame is gone, a reference into it is read.

use framealloc::SmartAlloc;

fn main() {
    let alloc = SmartAlloc::with_defaults();
    let frame = alloc.frame();
    let contact = frame.alloc(5);
    drop(frame);
    assert_eq!(*contact, 5);
}
