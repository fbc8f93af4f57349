//! Textures and meshes, and what becomes of them.

use std::collections::HashMap;

use framealloc::{AllocError, DeferredConfig, QueueFullPolicy};

use crate::memory::{EngineAlloc, Pooled, Scratch};

#[derive(Clone, Debug)]
pub struct Texture {
    pub width: usize,
    pub height: usize,
    pub texels: Vec<u8>,
}

impl Texture {
    fn decode(id: u32) -> Self {
        let side = 16 << (id % 4);
        Self { width: side, height: side, texels: vec![id as u8; side * side] }
    }
}

#[derive(Clone, Debug, Default)]
pub struct MeshHeader {
    pub vertices: u32,
    pub indices: u32,
}

impl MeshHeader {
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let word = |at: usize| Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
        Some(Self { vertices: word(0)?, indices: word(4)? })
    }
}

/// A texture of the pool, charged to the assets wherever it is asked for.
pub fn load_texture(alloc: &EngineAlloc, id: u32) -> Pooled<Texture> {
    let _assets = alloc.tag_scope(alloc.tag("assets"));
    alloc.pool_box(Texture::decode(id))
}

/// Takes a texture back.
pub fn release_texture(alloc: &EngineAlloc, texture: Pooled<Texture>) {
    let _assets = alloc.tag_scope(alloc.tag("assets"));
    drop(texture);
}

/// What is loaded.
#[derive(Debug)]
pub struct AssetStore {
    alloc: EngineAlloc,
    headers: HashMap<u32, Pooled<MeshHeader>>,
    textures: HashMap<u32, Pooled<Texture>>,
}

impl AssetStore {
    /// A store whose textures are freed at the end of a frame, not in the middle.
    ///
    /// # Errors
    /// When the settings cannot work.
    pub fn new(alloc: EngineAlloc) -> Result<Self, AllocError> {
        let config = DeferredConfig::default().with_max_queue_depth(4096).with_policy(QueueFullPolicy::Grow); //~ ok FA204
        alloc.configure_deferred(config)?;
        Ok(Self { alloc, headers: HashMap::new(), textures: HashMap::new() })
    }

    /// Reads a header; one that is whole is kept.
    pub fn open_mesh(&mut self, id: u32, bytes: &[u8]) -> bool {
        self.alloc.begin_frame();
        let header = self.alloc.temp(MeshHeader::parse(bytes).unwrap_or_default());
        let is_whole = header.vertices > 0 && header.indices > 0;
        if is_whole {
            self.headers.insert(id, header.into_pool(&self.alloc)); //~ ok FA601
        } else {
            drop(header);
        }
        self.alloc.end_frame();
        is_whole
    }

    pub fn texture(&mut self, id: u32) -> &Texture {
        self.textures.entry(id).or_insert_with(|| load_texture(&self.alloc, id))
    }

    pub fn unload(&mut self, id: u32) {
        if let Some(texture) = self.textures.remove(&id) {
            self.alloc.defer_drop(texture);
        }
    }

    pub fn loaded(&self) -> usize {
        self.headers.len() + self.textures.len()
    }
}
