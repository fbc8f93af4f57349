//! Accounts of objects that are freed away from where they were made.

use core::ptr::NonNull;
use std::sync::{Arc, Weak};

use super::Shared;
use crate::error::AllocError;
use crate::front::thread::{ThreadHeap, local};
#[cfg(feature = "debug")]
use crate::raw::meter::ObjectKind;
use crate::raw::meter::ObjectMeter;
use crate::tag::TagId;
use crate::tracking::exempt;

/// The accounts of one allocator, as its pool and heap see them: gone when the allocator is.
pub(super) struct Accounts {
    pub(super) id: u64,
    pub(super) shared: Weak<Shared>,
}

impl ObjectMeter for Accounts {
    fn pool_taken(&self, tag: u16, bytes: usize) -> Result<(), AllocError> {
        self.shared.upgrade().map_or(Ok(()), |shared| pool_taken(&shared, TagId(tag), bytes as u64))
    }

    fn pool_freed(&self, tag: u16, bytes: usize, block: Option<NonNull<u8>>) -> bool {
        self.shared.upgrade().is_none_or(|shared| {
            let counted = shared.pool_freed(TagId(tag), bytes as u64);
            if let (Some(block), true) = (block, shared.behavior.is_on()) {
                exempt(|| shared.behavior.pool_freed(shared.clock.number(), block.addr().get()));
            }
            counted
        })
    }

    fn adopt_thread(&self) {
        if let Some(shared) = self.shared.upgrade() {
            local::adopt(&shared);
        }
    }

    fn heap_taken(&self, tag: u16, bytes: usize) -> Result<(), AllocError> {
        self.shared.upgrade().map_or(Ok(()), |shared| heap_taken(&shared, TagId(tag), bytes as u64))
    }

    fn heap_would_fit(&self, tag: u16, bytes: usize) -> bool {
        self.shared.upgrade().is_none_or(|shared| {
            let asked = local::with_existing(&shared, |heap| heap.would_fit(TagId(tag), bytes as u64));
            asked.unwrap_or(true)
        })
    }

    fn reclaim(&self) -> bool {
        let shared = self.shared.upgrade();
        shared.and_then(|shared| local::with_existing(&shared, |heap| heap.reclaim())).unwrap_or(false)
    }

    fn heap_freed(&self, tag: u16, bytes: usize) {
        let counted =
            local::with_current(self.id, |heap| heap.count_heap_free_here(TagId(tag), bytes as u64));
        if counted != Some(true) {
            self.heap_freed_elsewhere(tag, bytes);
        }
    }

    #[cfg(feature = "debug")]
    fn object_made(&self, kind: ObjectKind, address: usize, tag: u16, bytes: usize) {
        if let Some(shared) = self.shared.upgrade() {
            shared.live.made(address, kind, TagId(tag), bytes, shared.clock.number());
        }
    }

    #[cfg(feature = "debug")]
    fn object_gone(&self, address: usize) {
        if let Some(shared) = self.shared.upgrade() {
            shared.live.gone(address);
        }
    }
}

impl Accounts {
    #[cold]
    #[inline(never)]
    fn heap_freed_elsewhere(&self, tag: u16, bytes: usize) {
        if let Some(shared) = self.shared.upgrade() {
            shared.heap_freed(TagId(tag), bytes as u64);
        }
    }
}

/// Runs `work` with the heap of this thread, which gets one if a budget covers `tag`: a budget is asked by a thread that
/// takes part in it. `None` where there is neither.
fn with_account<R>(shared: &Arc<Shared>, tag: TagId, work: impl FnOnce(&ThreadHeap) -> R) -> Option<R> {
    if local::with_existing(shared, |_| ()).is_none() && shared.budgets.covers(&shared.tags, tag) {
        local::heap(shared);
    }
    local::with_existing(shared, work)
}

fn pool_taken(shared: &Arc<Shared>, tag: TagId, bytes: u64) -> Result<(), AllocError> {
    with_account(shared, tag, |heap| heap.charge_tag(tag, bytes)).unwrap_or(Ok(()))
}

fn heap_taken(shared: &Arc<Shared>, tag: TagId, bytes: u64) -> Result<(), AllocError> {
    let charge = |heap: &ThreadHeap| {
        heap.charge_tag(tag, bytes)?;
        heap.count_heap(tag, bytes)
    };
    with_account(shared, tag, charge).unwrap_or_else(|| {
        shared.registry.orphan_heap(tag, bytes, true);
        Ok(())
    })
}

impl Shared {
    fn pool_freed(&self, tag: TagId, bytes: u64) -> bool {
        let counted = local::with_existing(self, |heap| heap.refund_pool(tag, bytes).is_ok()) == Some(true);
        if !counted {
            self.budgets.credit(&self.tags, tag, bytes, || ());
        }
        counted
    }

    fn heap_freed(&self, tag: TagId, bytes: u64) {
        let counted = local::with_existing(self, |heap| heap.count_heap_free(tag, bytes).is_ok());
        if counted != Some(true) {
            let count = || self.registry.orphan_heap(tag, bytes, false);
            self.budgets.credit(&self.tags, tag, bytes, count);
        }
    }
}
