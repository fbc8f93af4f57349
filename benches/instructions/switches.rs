//! P14: switches of tag and phase.

use std::hint::black_box;

use framealloc::{Frame, SmartAlloc};
use framealloc_benches::frames::NAME;
use framealloc_benches::work::value16;

use crate::Runner;

pub fn run(runner: &Runner) {
    let alloc = SmartAlloc::with_defaults();
    let tag = alloc.tag("render");
    for (open, id) in [(0, "P14"), (1, "P14.open1"), (16, "P14.open16")] {
        let _frames = used_frames(&alloc, open);
        // Entering is one switch, leaving another.
        runner.per_item(id, NAME, |items| {
            for _ in 0..items / 2 {
                let guard = alloc.tag_scope(tag);
                black_box(());
                drop(guard);
            }
        });
    }
    for (open, idle, used) in [(1, "P14.idle1", "P14.used1"), (16, "P14.idle16", "P14.used16")] {
        let frames = used_frames(&alloc, open);
        runner.alone(idle, NAME, || (), || alloc.tag_scope(tag));
        runner.alone(used, NAME, || allocate_in(&frames), || alloc.tag_scope(tag));
    }
}

/// Open frames that were used before.
fn used_frames(alloc: &SmartAlloc, count: usize) -> Vec<Frame> {
    let frames: Vec<Frame> = (0..count).map(|_| alloc.frame()).collect();
    allocate_in(&frames);
    frames
}

fn allocate_in(frames: &[Frame]) {
    let value = value16();
    for frame in frames {
        black_box(frame.alloc(value));
    }
}
