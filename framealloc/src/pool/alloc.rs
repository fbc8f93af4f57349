//! The pool as an allocator for containers.

use super::boxed::PoolBox;
use super::class::LARGE;
use super::class::{block_align, charged_bytes, class_of_layout};
use super::depot::Depot;
use super::local;
use super::page::header_of;
use super::thread::free_any;
use crate::error::AllocError;
use crate::raw::owning_box::Unseen;
use allocator_api2::alloc::{AllocError as NoMemory, Allocator};
use core::alloc::Layout;
use core::ptr::NonNull;
use std::sync::Arc;

/// An [`Allocator`] over the pool: real `Vec`, `Box` and `HashMap` (of `allocator-api2` and `hashbrown`) in pool memory.
///
/// Memory is taken under the tag that the handle was made with, on whichever thread: from the thread's magazines, or by way
/// of a lock on a thread that has not used the allocator yet. A clone costs one atomic increment. A request that the
/// tag's budget refuses is an error to the container, which most containers turn into an abort: use their `try_` methods
/// under a refusing budget.
#[derive(Clone)]
pub struct PoolAlloc {
    depot: Arc<Depot>,
    tag: u16,
}

impl PoolAlloc {
    /// Allocates from `depot`, under `tag`.
    pub(crate) fn new(depot: Arc<Depot>, tag: u16) -> Self {
        Self { depot, tag }
    }

    /// A box over pool memory.
    ///
    /// # Errors
    ///
    /// [`AllocError::OutOfMemory`], or [`AllocError::BudgetExceeded`] when the tag has a budget that refuses.
    pub(crate) fn try_box<T>(&self, value: T) -> Result<PoolBox<T>, AllocError> {
        // SAFETY: P1: `memory` returns pool objects that belong to nobody else.
        unsafe { PoolBox::try_place(value, |layout| self.memory(layout)) }
    }

    /// Memory for a layout whose size is not zero.
    pub(crate) fn memory(&self, layout: Layout) -> Result<NonNull<u8>, AllocError> {
        let tag = self.tag;
        // SAFETY: the thread's current pool is valid (P8); it is looked up anew after each call that may run foreign code.
        let pool = || local::pool_of(Arc::as_ptr(&self.depot)).map(|pool| unsafe { &*pool.as_ptr() });
        let cached = pool().and_then(|pool| match pool.serves(tag) {
            true => pool.alloc(layout),
            false if self.depot.is_metered(tag) => None,
            false => pool.cached_of(tag, layout),
        });
        if let Some(block) = cached {
            return Ok(block);
        }
        let mut block = None;
        let mut make = || {
            let made = match pool() {
                Some(pool) => pool.alloc_of(tag, layout),
                None => self.depot.allocate(tag, layout),
            };
            // SAFETY: P1: nobody has seen the block.
            block = made.map(|made| unsafe { Unseen::new(made, free_any) });
            block.is_some()
        };
        // A thread that has a pool may read a budget while the backend is called.
        let meter = if pool().is_some() { self.depot.any_meter() } else { self.depot.meter_of(tag) };
        match meter {
            Some(meter) => meter.pool_made(tag, charged_bytes(layout), &mut make)?,
            None => drop(make()),
        }
        block.map(Unseen::take).ok_or_else(|| AllocError::out_of_memory(layout))
    }

    /// Moves a block to one of another size.
    ///
    /// # Safety
    ///
    /// - `ptr` is a live block of this allocator for `old`, and `copied` is at most the smaller of the two sizes.
    unsafe fn move_to(
        &self,
        ptr: NonNull<u8>,
        old: Layout,
        new: Layout,
        copied: usize,
    ) -> Result<NonNull<[u8]>, NoMemory> {
        let fresh = self.allocate(new)?;
        // SAFETY: P1: both blocks are the caller's, hold `copied` bytes and are different ones; the old one is given up.
        unsafe {
            fresh.cast::<u8>().copy_from_nonoverlapping(ptr, copied);
            self.deallocate(ptr, old);
        }
        Ok(fresh)
    }
}

impl core::fmt::Debug for PoolAlloc {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("PoolAlloc").field("tag", &self.tag).finish_non_exhaustive()
    }
}

/// The class of the block at `ptr`, which its page tells even where the layout in use has shrunk.
///
/// # Safety
///
/// - `ptr` is a live object of a pool.
unsafe fn class_at(ptr: NonNull<u8>) -> usize {
    // SAFETY: P2 and P5: header and group are readable while the object is outside.
    unsafe { (*(*header_of(ptr)).group).class }
}

// SAFETY: blocks are disjoint (P1), stay where they are until they are given back, whatever happens to the handle (P5),
// and any clone, and even another handle, may free them.
unsafe impl Allocator for PoolAlloc {
    #[inline]
    fn allocate(&self, layout: Layout) -> Result<NonNull<[u8]>, NoMemory> {
        let block = match layout.size() {
            0 => dangling(layout),
            _ => self.memory(layout).map_err(|_| NoMemory)?,
        };
        Ok(NonNull::slice_from_raw_parts(block, layout.size()))
    }

    #[inline]
    unsafe fn deallocate(&self, ptr: NonNull<u8>, layout: Layout) {
        if layout.size() != 0 {
            // SAFETY: the caller passes a block of `allocate`, for a size that was not zero; it came from a pool.
            unsafe { free_any(ptr) };
        }
    }

    unsafe fn grow(&self, ptr: NonNull<u8>, old: Layout, new: Layout) -> Result<NonNull<[u8]>, NoMemory> {
        // SAFETY: the caller's promise: `ptr` is live, and `new` is not smaller. A block of the class that `new` needs
        // has the size and the alignment of `new`.
        unsafe {
            if old.size() != 0 && class_of_layout(new) != LARGE && class_at(ptr) == class_of_layout(new) {
                return Ok(NonNull::slice_from_raw_parts(ptr, new.size()));
            }
            self.move_to(ptr, old, new, old.size())
        }
    }

    unsafe fn grow_zeroed(
        &self,
        ptr: NonNull<u8>,
        old: Layout,
        new: Layout,
    ) -> Result<NonNull<[u8]>, NoMemory> {
        // SAFETY: the caller's promise; the grown block holds `new.size()` bytes, of which the old ones are kept.
        unsafe {
            let grown = self.grow(ptr, old, new)?;
            grown.cast::<u8>().add(old.size()).write_bytes(0, new.size() - old.size());
            Ok(grown)
        }
    }

    unsafe fn shrink(&self, ptr: NonNull<u8>, old: Layout, new: Layout) -> Result<NonNull<[u8]>, NoMemory> {
        if new.size() == 0 {
            // SAFETY: the caller gives the old block up.
            unsafe { self.deallocate(ptr, old) };
            return Ok(NonNull::slice_from_raw_parts(dangling(new), 0));
        }
        // SAFETY: the caller's promise: `ptr` is live for `old`, whose size is not zero because `new`'s is not.
        unsafe {
            let class = class_at(ptr);
            if class != LARGE && class == class_of_layout(new) {
                return Ok(NonNull::slice_from_raw_parts(ptr, new.size()));
            }
            // The old block is large enough; it serves as well, if it is aligned. Where the budgets have no room for both, no
            // other is asked for: nobody wants more than there is.
            let serves = new.align() <= if class == LARGE { old.align() } else { block_align(class) };
            let (tag, bytes) = (self.tag, charged_bytes(new));
            let tight = || self.depot.meter_of(tag).is_some_and(|meter| !meter.would_fit(tag, bytes));
            let kept = Ok(NonNull::slice_from_raw_parts(ptr, new.size()));
            if serves && tight() {
                return kept;
            }
            match self.move_to(ptr, old, new, new.size()) {
                Err(NoMemory) if serves => kept,
                moved => moved,
            }
        }
    }
}

/// A well-aligned pointer to nothing.
fn dangling(layout: Layout) -> NonNull<u8> {
    NonNull::without_provenance(
        core::num::NonZeroUsize::new(layout.align()).expect("alignments are not zero"),
    )
}
