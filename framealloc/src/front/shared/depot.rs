//! Chunks of threads that ended, for threads that begin.

use core::ptr::NonNull;
use std::sync::Arc;

use crate::backend::AllocatorBackend;
use crate::raw::cache::{ChunkCache, ChunkList};
use crate::raw::chunk::Chunk;
use crate::sys::sync::{Mutex, lock};

/// The shared end of the chunk caches.
pub(crate) struct ChunkDepot {
    chunks: Mutex<ChunkCache>,
    backend: Arc<dyn AllocatorBackend>,
}

impl ChunkDepot {
    pub(crate) fn new(backend: Arc<dyn AllocatorBackend>) -> Self {
        Self { chunks: Mutex::new(ChunkCache::new()), backend }
    }

    /// A chunk of `class`, or of one of the two classes above it.
    pub(crate) fn take(&self, class: usize) -> Option<NonNull<Chunk>> {
        lock(&self.chunks).take_near(class)
    }

    /// Takes ownership of the chunks of `list`.
    pub(crate) fn accept(&self, list: ChunkList) {
        lock(&self.chunks).put_all(list);
    }

    /// Gives the chunks of `list` back to the backend. Returns their number and bytes.
    pub(crate) fn destroy(&self, list: ChunkList) -> (u64, u64) {
        list.destroy(&*self.backend)
    }

    /// Gives back what nobody took since the last call. Returns how many chunks and bytes.
    pub(crate) fn trim(&self) -> (u64, u64) {
        let surplus = lock(&self.chunks).surplus();
        self.destroy(surplus)
    }

    /// Gives everything back. Returns how many chunks and bytes.
    pub(crate) fn clear(&self) -> (u64, u64) {
        let all = lock(&self.chunks).drain();
        self.destroy(all)
    }

    /// Bytes of all chunks held.
    pub(crate) fn bytes(&self) -> u64 {
        lock(&self.chunks).bytes()
    }
}

impl Drop for ChunkDepot {
    fn drop(&mut self) {
        let rest = lock(&self.chunks).drain();
        self.destroy(rest);
    }
}
