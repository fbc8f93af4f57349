//! Frame maps hash with a hasher of their own.

use std::collections::HashMap;
use std::hash::RandomState;

use framealloc::{SmartAlloc, frame_system};

#[frame_system(tag = "ai")]
fn plan(alloc: &SmartAlloc) {
    #[frame_local]
    let mut costs: HashMap<u32, f32, RandomState>;
    costs.insert(1, 2.0);
}

fn main() {}
