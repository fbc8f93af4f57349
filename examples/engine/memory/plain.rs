//! The systems on `Vec` and `Box`.

use super::Runtime;
use crate::scene::{Body, Camera, NavGrid, Scene};
use crate::systems::audio::{self, Ring, Voice};
use crate::systems::broad_phase::{self, Pair};
use crate::systems::lod::{self, LodCache, LodMesh};
use crate::systems::narrow_phase::{self, Contact, SLICES};
use crate::systems::path::{self, Path, Request};
use crate::systems::solve;
use crate::systems::visibility::{self, DrawCommand};

/// The global allocator, without frames.
#[derive(Debug, Default)]
pub struct Plain;

impl Runtime for Plain {
    type Pooled<T: Send + Sync + 'static> = Box<T>;
    type Heaped<T: Send + Sync + 'static> = Box<T>;
    type Transfer<T: Send + Sync + 'static> = Box<T>;
    type List<'a, T: 'a> = Vec<T>;

    fn heaped<T: Send + Sync + 'static>(&self, value: T) -> Box<T> {
        Box::new(value)
    }
    fn receive<T: Send + Sync + 'static>(&self, sent: Box<T>) -> Box<T> {
        sent
    }
    fn begin_frame(&self) {}
    fn end_frame(&self, _finished: &mut Vec<Box<LodMesh>>) {}

    fn broad_phase(&self, bodies: &[Body], pairs: &mut Vec<Pair>) {
        broad_phase::broad_phase_std(bodies, pairs);
    }
    fn narrow_phase(
        &self,
        scene: &Scene,
        bodies: &[Body],
        pairs: &[Pair],
        slice: usize,
        found: &mut Vec<Contact>,
    ) {
        narrow_phase::narrow_phase_std(scene, bodies, pairs, slice, found);
    }
    fn solve(&self, bodies: &mut [Body], found: [&[Contact]; SLICES]) -> Vec<Contact> {
        solve::solve_std(bodies, found)
    }
    fn find_path(&self, grid: &NavGrid, request: Request) -> Box<Path> {
        path::find_path_std(grid, request)
    }
    fn start_voices(&self, contacts: &[Contact], voices: &mut Vec<Box<Voice>>) {
        audio::start_voices_std(contacts, voices);
    }
    fn mix(&self, voices: &mut Vec<Box<Voice>>, ring: &mut Ring) {
        audio::mix_std(voices, ring);
    }
    fn visibility(&self, scene: &Scene, bodies: &[Body], camera: &Camera, list: &mut Vec<DrawCommand>) {
        visibility::visibility_std(scene, bodies, camera, list);
    }
    fn build_lods(
        &self,
        scene: &Scene,
        list: &[DrawCommand],
        cache: &LodCache<Box<LodMesh>>,
        finished: &mut Vec<Box<LodMesh>>,
    ) -> usize {
        lod::build_lods_std(scene, list, cache, finished)
    }
}
