//! There is nothing to run.

use framealloc::{SmartAlloc, frame_system};

trait Plugin {
    #[frame_system(tag = "plugin")]
    fn update(&mut self, alloc: &SmartAlloc);
}

struct Nothing;

impl Plugin for Nothing {
    fn update(&mut self, _alloc: &SmartAlloc) {}
}

fn main() {}
