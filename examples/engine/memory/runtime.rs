//! What the frame loop asks of an allocator: the systems, and owners for what outlives a system.

use std::ops::DerefMut;

use super::Buffer;
use crate::failure::Failure;
use crate::quiet::Panic;
use crate::scene::{Body, Camera, NavGrid, Scene};
use crate::systems::audio::{Ring, Voice};
use crate::systems::broad_phase::Pair;
use crate::systems::lod::{LodCache, LodMesh};
use crate::systems::narrow_phase::{Contact, SLICES};
use crate::systems::path::{Path, Request};
use crate::systems::visibility::DrawCommand;

/// The systems on one kind of allocator; workers share it.
pub trait Runtime: Sync {
    /// Owns one object for longer than a frame; may be dropped on any thread.
    type Pooled<T: Send + Sync + 'static>: DerefMut<Target = T> + Send + Sync;
    /// Owns one large object for the whole run.
    type Heaped<T: Send + Sync + 'static>: DerefMut<Target = T> + Send + Sync;
    /// Carries one object to the thread that receives it.
    type Transfer<T: Send + Sync + 'static>: Send;
    /// An array that lives until the end of the frame.
    type List<'a, T: 'a>: Buffer<T>
    where
        Self: 'a;

    fn heaped<T: Send + Sync + 'static>(&self, value: T) -> Self::Heaped<T>;
    fn receive<T: Send + Sync + 'static>(&self, sent: Self::Transfer<T>) -> Self::Pooled<T>;

    /// Begins a frame; only the main thread does.
    fn begin_frame(&self);
    /// Ends the frame and adds the meshes that it finished to `finished`.
    fn end_frame(&self, finished: &mut Vec<Self::Pooled<LodMesh>>);

    fn broad_phase(&self, bodies: &[Body], pairs: &mut Vec<Pair>);
    fn narrow_phase(
        &self,
        scene: &Scene,
        bodies: &[Body],
        pairs: &[Pair],
        slice: usize,
        found: &mut Vec<Contact>,
    );
    fn solve(&self, bodies: &mut [Body], found: [&[Contact]; SLICES]) -> Self::List<'_, Contact>;
    fn find_path(&self, grid: &NavGrid, request: Request) -> Self::Transfer<Path>;
    fn start_voices(&self, contacts: &[Contact], voices: &mut Vec<Self::Pooled<Voice>>);
    fn mix(&self, voices: &mut Vec<Self::Pooled<Voice>>, ring: &mut Ring);
    fn visibility(&self, scene: &Scene, bodies: &[Body], camera: &Camera, list: &mut Vec<DrawCommand>);
    /// Builds the meshes that `cache` lacks; they are finished at once or at the end of the frame.
    fn build_lods(
        &self,
        scene: &Scene,
        list: &[DrawCommand],
        cache: &LodCache<Self::Pooled<LodMesh>>,
        finished: &mut Vec<Self::Pooled<LodMesh>>,
    ) -> usize;

    /// What the program says when a run ended with a panic.
    fn explain(&self, panic: Panic) -> Failure {
        Failure::Fault(panic.to_string())
    }
    /// Heap calls that the annotated systems have made so far, all threads together; 0 where there are none.
    fn system_heap_calls(&self) -> u64 {
        0
    }
    /// Frame memory that each thread has been given so far, by the thread's name; empty where there is none.
    fn frame_bytes_by_thread(&self) -> Vec<(String, u64)> {
        Vec::new()
    }
}
