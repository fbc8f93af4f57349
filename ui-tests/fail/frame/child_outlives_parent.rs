//! A child frame is returned, its parent is not.

use framealloc::{ChildFrame, SmartAlloc};

fn nested(alloc: &SmartAlloc) -> ChildFrame<'_> {
    let parent = alloc.frame();
    parent.child()
}

fn main() {
    nested(&SmartAlloc::with_defaults());
}
