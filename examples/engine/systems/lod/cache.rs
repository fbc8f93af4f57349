//! The meshes that are ready to be drawn.

use std::ops::Deref;

use super::LodMesh;
use crate::systems::visibility::{DrawCommand, Object};

/// Meshes that the cache keeps.
const CAPACITY: usize = 128;

/// The finished meshes; `P` is what owns one: a `PoolBox` or a `Box`.
#[derive(Debug)]
pub struct LodCache<P> {
    meshes: Vec<Option<Kept<P>>>,
}

#[derive(Debug)]
struct Kept<P> {
    mesh: P,
    last_seen: u32,
}

impl<P: Deref<Target = LodMesh>> LodCache<P> {
    pub fn new(tiles: usize) -> Self {
        Self { meshes: (0..tiles).map(|_| None).collect() }
    }

    pub fn len(&self) -> usize {
        self.meshes.iter().flatten().count()
    }

    /// Whether the cache holds this tile at this level of detail.
    pub fn holds(&self, tile: u32, detail: u8) -> bool {
        self.meshes[tile as usize].as_ref().is_some_and(|kept| kept.mesh.detail == detail)
    }

    /// Notes which tiles were drawn in `frame`.
    pub fn mark_seen(&mut self, list: &[DrawCommand], frame: u32) {
        for item in list {
            if let Object::Tile(tile) = item.object
                && let Some(kept) = &mut self.meshes[tile as usize]
            {
                kept.last_seen = frame;
            }
        }
    }

    /// Puts a mesh in; if the cache is full, the one that was not seen for longest goes.
    pub fn insert(&mut self, mesh: P, frame: u32) {
        let tile = mesh.tile as usize;
        self.meshes[tile] = Some(Kept { mesh, last_seen: frame });
        if self.len() > CAPACITY {
            let age = |kept: &Option<Kept<P>>| kept.as_ref().map(|kept| kept.last_seen);
            let others =
                (0..self.meshes.len()).filter(|&other| other != tile && self.meshes[other].is_some());
            if let Some(oldest) = others.min_by_key(|&other| age(&self.meshes[other])) {
                self.meshes[oldest] = None;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cache_forgets_what_was_not_seen() {
        let mut cache = LodCache::new(CAPACITY + 2);
        for tile in 0..=CAPACITY as u32 {
            cache.insert(Box::new(LodMesh::empty(tile)), tile);
        }
        assert_eq!(cache.len(), CAPACITY);
        assert!(!cache.holds(0, 0) && cache.holds(1, 0) && !cache.holds(1, 3));
        let drawn = DrawCommand { key: 0, object: Object::Tile(1), detail: 0, transform: Default::default() };
        cache.mark_seen(&[drawn], 1000);
        cache.insert(Box::new(LodMesh::empty(CAPACITY as u32 + 1)), 1001);
        assert!(cache.holds(1, 0) && !cache.holds(2, 0));
    }
}
