//! Frame memory whose thread has exited while other threads read it.

use std::sync::{Arc, Weak};

use super::Shared;
use crate::backend::AllocatorBackend;
use crate::raw::cache::ChunkList;
use crate::raw::share::Inbox;
use crate::sys::sync::{Mutex, lock};
use crate::tag::TagId;

/// What slots need when their owner is gone: their inbox, and the chunks of the frame that their values are in. The last
/// of the slots drops it, or the frame, whose handles may live longer: the chunks go back to the backend, and their bytes
/// are credited.
pub(crate) struct Orphan {
    /// Behind a lock only because several threads hold this.
    estate: Mutex<Estate>,
    backend: Arc<dyn AllocatorBackend>,
    shared: Weak<Shared>,
    /// Held for the slots that point to it (V4).
    _inbox: Arc<Inbox>,
}

struct Estate {
    chunks: ChunkList,
    /// What the chunks are charged to, of the exited thread no longer.
    charges: Vec<(TagId, u64)>,
}

impl Orphan {
    pub(crate) fn new(inbox: Arc<Inbox>, shared: &Arc<Shared>) -> Self {
        Self {
            estate: Mutex::new(Estate { chunks: ChunkList::EMPTY, charges: Vec::new() }),
            backend: shared.backend.clone(),
            shared: Arc::downgrade(shared),
            _inbox: inbox,
        }
    }

    /// Takes the chunks of a frame over, and the bytes in them that each tag is charged.
    pub(crate) fn take(&self, chunks: ChunkList, charges: Vec<(TagId, u64)>) {
        *lock(&self.estate) = Estate { chunks, charges };
    }
}

impl Drop for Orphan {
    fn drop(&mut self) {
        let none = Estate { chunks: ChunkList::EMPTY, charges: Vec::new() };
        let Estate { chunks, charges } = core::mem::replace(&mut *lock(&self.estate), none);
        chunks.destroy(&*self.backend);
        if let Some(shared) = self.shared.upgrade() {
            for (tag, bytes) in charges {
                let uncount = || shared.registry.orphan_frame(tag, bytes, false);
                shared.budgets.credit(&shared.tags, tag, bytes, uncount);
            }
        }
    }
}
