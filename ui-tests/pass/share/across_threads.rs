//! Handles are copied to other threads, guards move there, contexts are entered there.

use framealloc::{FrameHandle, FramePipeline, SmartAlloc, TaskContext, frame_system};

struct Visible {
    bodies: FrameHandle<Vec<u32>>,
}

#[frame_system(tag = "culling")]
fn cull(alloc: &SmartAlloc) -> Visible {
    Visible { bodies: alloc.share(vec![1, 2, 3]) }
}

fn draw(alloc: &SmartAlloc, visible: &Visible) -> usize {
    visible.bodies.read(alloc).map_or(0, |bodies| bodies.len())
}

// fa:allow(FA606): that it is safe after the end of its frame, and finds what it should, is what this shows
fn main() {
    let alloc = SmartAlloc::with_defaults();
    let scenes = FramePipeline::<Vec<u32>, 2>::new(&alloc);
    alloc.begin_frame();
    let visible = cull(&alloc);
    scenes.write(vec![4, 5]);
    let context = TaskContext::of(&alloc);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let _context = context.enter();
            assert_eq!(draw(&alloc, &visible), 3);
        });
        let scene = scenes.read(alloc.frame_number()).unwrap();
        scope.spawn(move || assert_eq!(scene.len(), 2));
    });
    alloc.end_frame();
    assert_eq!(draw(&alloc, &visible), 0);
}
