//! A pipeline carries what only one thread may read.

use std::cell::RefCell;

use framealloc::{FramePipeline, SmartAlloc};

fn scenes(alloc: &SmartAlloc) {
    let scenes = FramePipeline::<RefCell<Vec<u32>>, 2>::new(alloc);
}

fn main() {}
