//! Chunks that one tag pays for.

#![expect(unsafe_code, reason = "destroys chunks that were never used")]

use core::mem::ManuallyDrop;
use core::ptr::NonNull;
use std::sync::Arc;

use super::cache::ChunkList;
use super::chunk::{self, Chunk};
use super::meter::ObjectMeter;
use super::tls;
use crate::backend::AllocatorBackend;
use crate::error::AllocError;

/// Where the chunks of arenas come from that outlive frames, and the tag whose accounts pay for them: each chunk is a
/// heap block of the tag, in its statistics and in the budgets above it, from when it is taken to when it goes back.
#[derive(Clone)]
pub(crate) struct ChunkSupply {
    backend: Arc<dyn AllocatorBackend>,
    meter: Arc<dyn ObjectMeter>,
    tag: u16,
}

/// A chunk of which class is asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted {
    /// The smallest class that serves the request.
    pub(crate) least: usize,
    /// The class to take if the budgets allow it.
    pub(crate) best: usize,
}

/// A chunk that nobody has seen yet; goes back when a report about its charge panics.
struct Fresh<'s> {
    supply: &'s ChunkSupply,
    chunk: NonNull<Chunk>,
}

impl Drop for Fresh<'_> {
    fn drop(&mut self) {
        // SAFETY: F1, F2: nobody has seen the chunk.
        unsafe { self.supply.take_back_one(self.chunk) };
    }
}

impl ChunkSupply {
    /// Chunks of `backend`, paid for by the root.
    pub(crate) fn new(backend: Arc<dyn AllocatorBackend>, meter: Arc<dyn ObjectMeter>) -> Self {
        Self { backend, meter, tag: 0 }
    }

    /// The same, paid for by `tag`.
    pub(crate) fn for_tag(&self, tag: u16) -> Self {
        Self { tag, ..self.clone() }
    }

    /// A fresh chunk. Sinks and the backend may run: no lock is held and no state is half changed.
    ///
    /// # Errors
    ///
    /// The budget that refused, or out of memory.
    #[cold]
    #[inline(never)]
    pub(crate) fn obtain(&self, wanted: Wanted) -> Result<NonNull<Chunk>, AllocError> {
        self.meter.adopt_thread();
        let Wanted { least, best } = wanted;
        let fits = |class: &usize| self.meter.would_fit(self.tag, chunk::size_of_class(*class));
        let class = (least + 1..=best).rev().find(fits).unwrap_or(least);
        let bytes = chunk::size_of_class(class);
        let create = || Chunk::create(&*self.backend, class);
        let again = || if self.meter.reclaim() { create() } else { None };
        let mut fresh = None;
        self.meter.heap_made(self.tag, bytes, &mut || {
            fresh = create().or_else(again).map(|chunk| Fresh { supply: self, chunk });
            fresh.is_some()
        })?;
        match fresh {
            Some(fresh) => Ok(ManuallyDrop::new(fresh).chunk),
            None => Err(AllocError::OutOfMemory { requested: bytes, align: chunk::ALIGN }),
        }
    }

    /// Takes a chunk back that this supply handed out.
    ///
    /// # Safety
    ///
    /// The caller owns `chunk` and nothing reaches its bytes (F1, F2).
    pub(crate) unsafe fn take_back_one(&self, chunk: NonNull<Chunk>) {
        let mut list = ChunkList::EMPTY;
        list.push(chunk);
        self.take_back(list);
    }

    /// Takes chunks back that this supply handed out.
    pub(crate) fn take_back(&self, mut chunks: ChunkList) {
        while let Some(chunk) = chunks.pop() {
            // SAFETY: F1: the list owned the chunk, so its header is initialised.
            let bytes = unsafe { chunk.as_ref() }.size();
            // SAFETY: F1, F2: nothing reaches a chunk of the list, and it came from this backend.
            unsafe { Chunk::destroy(chunk, &*self.backend) };
            self.meter.heap_freed(self.tag, bytes, tls::last());
        }
    }
}
