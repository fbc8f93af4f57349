//! A frame vector is kept in a thread-local.

use std::cell::RefCell;

use framealloc::{FrameVec, SmartAlloc, frame_system};

thread_local! {
    static LAST: RefCell<Option<FrameVec<'static, u32>>> = const { RefCell::new(None) };
}

#[frame_system(tag = "physics")]
fn broad_phase(alloc: &SmartAlloc) {
    #[frame_local]
    let pairs: Vec<u32>;
    LAST.set(Some(pairs));
}

fn main() {}
