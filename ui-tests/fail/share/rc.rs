//! An `Rc` is shared for a renderer that is one frame behind.

use std::rc::Rc;

use framealloc::SmartAlloc;

fn publish(alloc: &SmartAlloc, mesh: &Rc<[f32]>) {
    let mesh = Rc::clone(mesh);
    alloc.share_for(mesh, 1);
}

fn main() {}
