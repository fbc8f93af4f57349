//! A frame box behind an `Rc` is kept by the caller.

use std::rc::Rc;

use framealloc::{FrameBox, SmartAlloc, frame_system};

#[frame_system(tag = "ui")]
fn layout<'a>(alloc: &'a SmartAlloc, tree: &mut Vec<Rc<FrameBox<'a, u32>>>) {
    #[frame_local]
    let node = 5_u32;
    tree.push(Rc::new(node));
}

fn main() {}
