//! Accounts of objects that are freed away from where they were made.

use core::ptr::NonNull;
use std::sync::Weak;

use super::Shared;
use crate::error::AllocError;
use crate::front::thread::local;
#[cfg(feature = "debug")]
use crate::raw::meter::ObjectKind;
use crate::raw::meter::ObjectMeter;
use crate::raw::tls;
use crate::tag::TagId;
use crate::tracking::exempt;

/// The accounts of one allocator, as its pool and heap see them: gone when the allocator is.
pub(super) struct Accounts {
    pub(super) id: u64,
    pub(super) shared: Weak<Shared>,
}

impl ObjectMeter for Accounts {
    fn pool_made(&self, tag: u16, bytes: usize, make: &mut dyn FnMut() -> bool) -> Result<(), AllocError> {
        self.made(TagId(tag), bytes as u64, true, make)
    }

    fn pool_freed(&self, tag: u16, bytes: usize, block: NonNull<u8>) -> bool {
        self.shared.upgrade().is_none_or(|shared| {
            let counted = shared.pool_freed(TagId(tag), bytes as u64);
            if shared.behavior.is_on() {
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

    fn heap_made(&self, tag: u16, bytes: usize, make: &mut dyn FnMut() -> bool) -> Result<(), AllocError> {
        self.made(TagId(tag), bytes as u64, false, make)
    }

    fn would_fit(&self, tag: u16, bytes: usize) -> bool {
        self.shared.upgrade().is_none_or(|shared| {
            let asked = local::with_existing(&shared, |heap| heap.would_fit(TagId(tag), bytes as u64));
            asked.unwrap_or(true)
        })
    }

    fn reclaim(&self) -> bool {
        let shared = self.shared.upgrade();
        shared.and_then(|shared| local::with_existing(&shared, |heap| heap.reclaim())).unwrap_or(false)
    }

    fn heap_freed(&self, tag: u16, bytes: usize, last: tls::Last) {
        let counted =
            local::with_last(last, self.id, |heap| heap.count_heap_free_here(TagId(tag), bytes as u64));
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
    fn made(
        &self,
        tag: TagId,
        bytes: u64,
        pool: bool,
        make: &mut dyn FnMut() -> bool,
    ) -> Result<(), AllocError> {
        let Some(shared) = self.shared.upgrade() else {
            make();
            return Ok(());
        };
        // A budget is asked by a thread that takes part in it.
        if local::with_existing(&shared, |_| ()).is_none() && shared.budgets.covers(&shared.tags, tag) {
            local::heap(&shared);
        }
        let charged = local::with_existing(&shared, |heap| heap.charge_tag(tag, bytes, pool, &mut *make));
        charged.unwrap_or_else(|| {
            if make() && !pool {
                shared.registry.orphan_heap(tag, bytes, true);
            }
            Ok(())
        })
    }

    #[cold]
    #[inline(never)]
    fn heap_freed_elsewhere(&self, tag: u16, bytes: usize) {
        if let Some(shared) = self.shared.upgrade() {
            shared.heap_freed(TagId(tag), bytes as u64);
        }
    }
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
