//! Panics do not cross into C.

use framealloc::{SmartAlloc, frame_system};

#[frame_system(tag = "plugin")]
extern "C" fn on_update(alloc: &SmartAlloc) {}

fn main() {}
