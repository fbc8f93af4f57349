//! Frame memory whose thread has exited while other threads read it.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::Shared;
use crate::backend::AllocatorBackend;
use crate::raw::cache::ChunkList;
use crate::raw::share::Inbox;
use crate::tag::TagId;

/// What slots need when their owner is gone: their inbox, and the chunks of the frame that their values are in. The last
/// of the slots drops it: the chunks go back to the backend, and their bytes are credited.
pub(crate) struct Orphan {
    /// Behind a lock only because readers of several threads hold this.
    chunks: Mutex<Option<ChunkList>>,
    charges: Vec<(TagId, u64)>,
    backend: Arc<dyn AllocatorBackend>,
    shared: Weak<Shared>,
    /// Held for the slots that point to it (V4).
    _inbox: Arc<Inbox>,
}

impl Orphan {
    pub(crate) fn new(inbox: Arc<Inbox>, shared: &Arc<Shared>) -> Self {
        Self {
            chunks: Mutex::new(None),
            charges: Vec::new(),
            backend: shared.backend.clone(),
            shared: Arc::downgrade(shared),
            _inbox: inbox,
        }
    }

    /// Takes the chunks of a frame over.
    pub(crate) fn take_chunks(&mut self, chunks: ChunkList) {
        *self.chunks.get_mut().unwrap_or_else(PoisonError::into_inner) = Some(chunks);
    }

    /// `bytes` of the chunks are charged to `tag`, and are no longer the exited thread's.
    pub(crate) fn take_charge(&mut self, tag: TagId, bytes: u64) {
        if let Some(shared) = self.shared.upgrade() {
            shared.registry.orphan_frame(tag, bytes, true);
        }
        self.charges.push((tag, bytes));
    }
}

impl Drop for Orphan {
    fn drop(&mut self) {
        if let Some(chunks) = self.chunks.get_mut().unwrap_or_else(PoisonError::into_inner).take() {
            chunks.destroy(&*self.backend);
        }
        if let Some(shared) = self.shared.upgrade() {
            for (tag, bytes) in self.charges.drain(..) {
                let uncount = || shared.registry.orphan_frame(tag, bytes, false);
                shared.budgets.credit(&shared.tags, tag, bytes, uncount);
            }
        }
    }
}
