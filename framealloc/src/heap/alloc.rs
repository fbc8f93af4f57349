//! The heap as an allocator for containers.

use super::shared::{HeapShared, free_any};
use crate::raw::owning_box::Unseen;
use allocator_api2::alloc::{AllocError as NoMemory, Allocator};
use core::alloc::Layout;
use core::ptr::NonNull;
use std::sync::Arc;

/// An [`Allocator`] over the backend: containers of `allocator-api2` and `hashbrown` whose memory shows under one tag.
///
/// A request that the tag's budget refuses is an error to the container, which most containers turn into an abort: use
/// their `try_` methods under a refusing budget.
#[derive(Clone)]
pub struct HeapAlloc {
    shared: Arc<HeapShared>,
    tag: u16,
}

impl HeapAlloc {
    /// Allocates from `shared` under `tag`.
    pub(crate) fn new(shared: Arc<HeapShared>, tag: u16) -> Self {
        Self { shared, tag }
    }
}

impl core::fmt::Debug for HeapAlloc {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("HeapAlloc").field("tag", &self.tag).finish_non_exhaustive()
    }
}

// SAFETY: each block is one of the backend, valid until it is freed, whatever happens to the handle (H2); any handle
// frees any block, because the header says how (H1).
unsafe impl Allocator for HeapAlloc {
    fn allocate(&self, layout: Layout) -> Result<NonNull<[u8]>, NoMemory> {
        let size = layout.size();
        if size == 0 {
            let dangling = core::num::NonZeroUsize::new(layout.align()).ok_or(NoMemory)?;
            return Ok(NonNull::slice_from_raw_parts(NonNull::without_provenance(dangling), 0));
        }
        let mut object = None;
        let mut make = || {
            // SAFETY: H1: nobody has seen the object.
            let unseen = |object| unsafe { Unseen::new(object, free_any) };
            object = self.shared.allocate(self.tag, layout).map(unseen);
            object.is_some()
        };
        self.shared.meter().heap_made(self.tag, size, &mut make).map_err(|_| NoMemory)?;
        object.map(|object| NonNull::slice_from_raw_parts(object.take(), size)).ok_or(NoMemory)
    }

    unsafe fn deallocate(&self, ptr: NonNull<u8>, layout: Layout) {
        if layout.size() != 0 {
            // SAFETY: the caller passes a block of `allocate`, for a size that was not zero.
            unsafe { free_any(ptr) };
        }
    }

    unsafe fn shrink(&self, ptr: NonNull<u8>, old: Layout, new: Layout) -> Result<NonNull<[u8]>, NoMemory> {
        let size = new.size();
        // Where the budgets have no room for both blocks, none is asked for: nobody wants more than there is.
        let tight = size > 0 && !self.shared.meter().would_fit(self.tag, size);
        if tight && new.align() <= old.align() {
            return Ok(NonNull::slice_from_raw_parts(ptr, size));
        }
        match self.allocate(new) {
            Ok(fresh) => {
                // SAFETY: H1: both blocks are the caller's, hold `new.size()` bytes and are different ones; the old one is given
                // up.
                unsafe {
                    fresh.cast::<u8>().copy_from_nonoverlapping(ptr, new.size());
                    self.deallocate(ptr, old);
                }
                Ok(fresh)
            }
            // The old block serves as well: its header, not the layout in use, says how it is freed.
            Err(NoMemory) if new.align() <= old.align() => Ok(NonNull::slice_from_raw_parts(ptr, new.size())),
            Err(NoMemory) => Err(NoMemory),
        }
    }
}
