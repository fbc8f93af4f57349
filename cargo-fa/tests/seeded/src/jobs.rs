//! Work on several threads.

use std::thread;

use framealloc::{FrameBarrier as Rendezvous, FrameHandle};

use crate::memory::{EngineAlloc, Heaps};
use crate::physics::World;

const LANES: usize = 4;
const STEP: f32 = 1.0 / 60.0;

/// Runs the work on two lanes and returns when both are done.
pub fn on_two_lanes(work: &(dyn Fn(usize) + Sync)) {
    let done = Rendezvous::new(3); //~ FA202
    thread::scope(|scope| {
        for lane in 0..2 {
            let done = done.clone();
            scope.spawn(move || {
                work(lane);
                done.signal_frame_complete();
            });
        }
        done.wait_all();
    });
}

/// Runs the work on all lanes, and something else here meanwhile.
pub fn on_all_lanes<R>(work: &(dyn Fn(usize) + Sync), meanwhile: impl FnOnce() -> R) -> R {
    let done = Rendezvous::new(LANES as u32 + 1); //~ ok FA202
    thread::scope(|scope| {
        let mut own = done.participant();
        for lane in 0..LANES {
            let mut part = done.participant();
            scope.spawn(move || {
                work(lane);
                part.signal_frame_complete();
            });
        }
        let result = meanwhile();
        own.wait_all();
        result
    })
}

/// Gives the frame's memory back while the next step is computed.
pub fn overlap(heaps: &Heaps, world: &mut World) {
    heaps.frame.begin_frame();
    let mut impulses = heaps.frame.frame_vec_with_capacity(world.bodies.len());
    impulses.extend(world.bodies.iter().map(|body| body.velocity[1] * STEP));
    let strongest = impulses.iter().copied().fold(0.0, f32::max);
    drop(impulses);
    rayon::join(
        || world.advance(STEP.min(strongest)),
        || heaps.frame.end_frame(), //~ FA205
    );
}

/// Smooths a height map on all lanes.
pub fn smooth(alloc: &EngineAlloc, heights: &[f32]) -> f32 {
    let arena = alloc.frame();
    let smoothed = arena.slice_copy(heights);
    thread::scope(|scope| {
        for part in smoothed.chunks_mut(heights.len().div_ceil(LANES).max(1)) {
            scope.spawn(move || part.iter_mut().for_each(|height| *height *= 0.5)); //~ ok FA201
        }
    });
    smoothed.iter().sum()
}

/// What is visible, for the frame that shows it.
#[derive(Debug)]
pub struct Visible {
    ids: FrameHandle<Vec<u32>>,
}

impl Visible {
    /// Counts what the tools select.
    pub fn count_now(alloc: &EngineAlloc, ids: Vec<u32>) -> usize {
        alloc.begin_frame();
        let visible = Self { ids: alloc.share(ids) };
        alloc.end_frame();
        visible.ids.read(alloc).map_or(0, |ids| ids.len()) //~ FA606
    }

    /// Counts what the renderer, one frame behind, will show.
    pub fn count_behind(alloc: &EngineAlloc, ids: Vec<u32>) -> usize {
        alloc.begin_frame();
        let visible = Self { ids: alloc.share_for(ids, 1) };
        alloc.end_frame();
        visible.ids.read(alloc).map_or(0, |ids| ids.len()) //~ ok FA606
    }
}
