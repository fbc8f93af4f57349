//! Level of detail: simplified meshes of the level's tiles, built when they come into view and kept in a cache.
//!
//! A mesh is built in frame memory like everything else, but declared to be promoted: when the frame ends it moves to
//! the pool, and the frame loop puts it in the cache. The cache is what the engine owns; nothing else outlives the
//! frame.

mod cache;
mod mesh;

pub use cache::LodCache;
pub use mesh::LodMesh;

use std::collections::HashMap;
use std::ops::Deref;

use framealloc::{PoolBox, SmartAlloc, frame_system};

use self::mesh::{Cluster, simplify};
use super::visibility::{DrawCommand, Object};
use crate::memory::{Buffer, StdMap};
use crate::scene::Scene;

/// The name under which a finished mesh waits for the end of the frame.
pub const PROMOTED: &str = "lod";
/// Meshes that are built in one frame, so that no frame takes long.
pub const BUILDS: usize = 2;

/// A tile that is drawn and not in the cache.
#[derive(Clone, Copy, Debug)]
pub struct Missing {
    tile: u32,
    detail: u8,
}

/// Builds the nearest missing meshes and has them promoted at the end of the frame; returns how many.
#[frame_system(tag = "render/lod", budget = "256KB")]
pub fn build_lods(
    alloc: &SmartAlloc,
    scene: &Scene,
    list: &[DrawCommand],
    cache: &LodCache<PoolBox<LodMesh>>,
) -> usize {
    #[frame_local]
    let mut missing: Vec<Missing>;

    find_missing(list, cache, &mut missing);
    for &wanted in missing.iter() {
        #[frame_local]
        let mut cells: HashMap<u32, u8>;
        #[frame_local]
        let mut clusters: Vec<Cluster>;
        #[frame_local]
        let mut faces: Vec<[u8; 3]>;

        #[retain(PromoteToPool, name = "lod")]
        let _mesh = simplify(scene, wanted, &mut cells, &mut clusters, &mut faces);
    }
    missing.len()
}

/// [`build_lods`] on the global allocator: the meshes are added to `finished`.
#[expect(clippy::vec_box, reason = "one block per mesh, as in the version with pools")]
pub fn build_lods_std(
    scene: &Scene,
    list: &[DrawCommand],
    cache: &LodCache<Box<LodMesh>>,
    finished: &mut Vec<Box<LodMesh>>,
) -> usize {
    let mut missing = Vec::new();

    find_missing(list, cache, &mut missing);
    for &wanted in missing.iter() {
        let mut cells = StdMap::default();
        let mut clusters = Vec::new();
        let mut faces = Vec::new();

        finished.push(Box::new(simplify(scene, wanted, &mut cells, &mut clusters, &mut faces)));
    }
    missing.len()
}

fn find_missing<P: Deref<Target = LodMesh>>(
    list: &[DrawCommand],
    cache: &LodCache<P>,
    missing: &mut impl Buffer<Missing>,
) {
    // The list is sorted from near to far.
    for item in list {
        if let Object::Tile(tile) = item.object
            && !cache.holds(tile, item.detail)
            && missing.len() < BUILDS
        {
            missing.push(Missing { tile, detail: item.detail });
        }
    }
}
