//! Promotions may be taken on another thread.

use std::rc::Rc;

use framealloc::{SmartAlloc, frame_system};

#[frame_system(tag = "nav")]
fn rebuild(alloc: &SmartAlloc) {
    #[retain(PromoteToPool)]
    let mesh = Rc::new([1, 2, 3]);
    drop(mesh);
}

fn main() {}
