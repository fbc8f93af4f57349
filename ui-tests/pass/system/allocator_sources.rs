//! Where the allocator comes from: parameters of every shape, an expression, the thread's current one.

use std::sync::Arc;

use framealloc::{ChildFrame, Frame, SmartAlloc, frame_system};

#[frame_system]
fn by_value(alloc: SmartAlloc) -> SmartAlloc {
    alloc
}

#[frame_system]
fn by_mut(alloc: &mut SmartAlloc) {}

#[frame_system]
fn by_arc(bodies: &[u32], alloc: Arc<SmartAlloc>) -> usize {
    bodies.len()
}

#[frame_system]
fn by_path(alloc: &framealloc::SmartAlloc) {}

#[frame_system]
fn by_frame(frame: &Frame) {}

#[frame_system]
fn by_child(frame: &ChildFrame<'_>) {}

#[frame_system(alloc = world.alloc)]
fn by_expression(world: &World) {}

#[frame_system(alloc = world.alloc.clone())]
fn by_temporary(world: &World) {}

#[frame_system]
fn by_thread() -> u32 {
    #[frame_local]
    let five = 5;
    *five
}

struct World {
    alloc: SmartAlloc,
}

fn main() {
    let mut alloc = by_value(SmartAlloc::with_defaults());
    by_mut(&mut alloc);
    by_arc(&[1], Arc::new(alloc.clone()));
    by_path(&alloc);
    let frame = alloc.frame();
    by_frame(&frame);
    by_child(&frame.child());
    let world = World { alloc: alloc.clone() };
    by_expression(&world);
    by_temporary(&world);
    let _entered = alloc.enter();
    assert_eq!(by_thread(), 5);
}
