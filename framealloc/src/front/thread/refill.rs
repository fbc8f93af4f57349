//! The slow path of an allocation, and what cores ask of their heap.

#![expect(unsafe_code, reason = "implements the owner of cores")]

use core::alloc::Layout;
use core::ptr::NonNull;

use super::ThreadHeap;
use crate::error::AllocError;
use crate::raw::chunk::{Chunk, HEADER};
use crate::raw::core::{Core, Kind, Owner};
use crate::sys::align::{GRAIN, checked_align_up, grain_up};

/// The largest chunk that growing by doubling takes; larger requests take what they need.
const MAX_GROWTH: usize = 64 << 20;

/// Bytes between the bump pointer and the end of a block of `layout`, if that end is inside the address space.
fn needed(core: &Core, layout: Layout) -> Option<usize> {
    let start = checked_align_up(core.ptr.get().addr(), layout.align().max(GRAIN))?;
    start.checked_add(grain_up(layout.size())).map(|end| end - core.ptr.get().addr())
}

impl ThreadHeap {
    /// Leases room for at least `needed` bytes in the current chunk of `core`, which has them, and unseals it.
    ///
    /// # Errors
    ///
    /// The position of the budget that refuses, as [`ThreadHeap::lease`] says it.
    fn unseal(&self, core: &Core, needed: usize) -> Result<(), usize> {
        let end = core.end.get();
        if !self.refusing.get() {
            core.limit.set(end);
        } else {
            let room = end.addr() - core.ptr.get().addr();
            let granted = self.lease(needed as u64, room as u64)? as usize;
            core.limit.set(core.ptr.get().wrapping_add(granted));
        }
        if !core.linked.get() {
            self.link(core);
        }
        Ok(())
    }

    /// Takes a chunk for `core` that holds a block of `layout`.
    fn add_chunk(&self, core: &Core, layout: Layout) -> Result<(), AllocError> {
        let padding = layout.align().saturating_sub(GRAIN);
        let at_least =
            grain_up(layout.size()).checked_add(padding).ok_or_else(|| AllocError::out_of_memory(layout))?;
        let current = core.end.get().addr() - core.chunk.get().addr();
        let wanted = at_least.max((current * 2).min(MAX_GROWTH).saturating_sub(HEADER));
        let class = Chunk::class_for(wanted).ok_or_else(|| AllocError::out_of_memory(layout))?;
        let fresh = match self.cache.take(class) {
            Some(chunk) => chunk,
            None => self.obtain_chunk(class, at_least).map_err(|_| AllocError::out_of_memory(layout))?,
        };
        // F7: the backend may have used this core meanwhile; from here on nothing foreign runs.
        if core.linked.get() {
            self.seal(core);
        }
        // SAFETY: F1: the chunk was just taken and is the core's from here on, which was just settled.
        unsafe {
            #[cfg(feature = "debug")]
            (*core.chunk.get()).used.set(core.ptr.get());
            fresh.as_ref().next.set(core.chunk.get());
            core.start_in(fresh);
        }
        Ok(())
    }

    /// Serves `layout` from `core`, whose fast path failed.
    fn serve(&self, core: &Core, layout: Layout) -> Result<NonNull<u8>, AllocError> {
        // F7: whenever the backend is asked it may use this very frame, and take the room that was found or made.
        let needed = loop {
            self.prepare_record(core);
            if core.linked.get() {
                self.seal(core);
            }
            let room = core.end.get().addr() - core.ptr.get().addr();
            if let Some(needed) = needed(core, layout).filter(|needed| *needed <= room) {
                break needed;
            }
            if self.refusing.get() {
                self.probe(grain_up(layout.size()) as u64)?;
            }
            self.add_chunk(core, layout)?;
        };
        self.unseal(core, needed).map_err(|refusing| self.refuse_frame(refusing, needed as u64))?;
        core.debug_assert_valid();
        core.bump_layout(layout).ok_or_else(|| AllocError::out_of_memory(layout))
    }
}

impl Owner for ThreadHeap {
    #[cold]
    #[inline(never)]
    unsafe fn refill(&self, core: NonNull<Core>, layout: Layout) -> Result<NonNull<u8>, AllocError> {
        // SAFETY: F3: by the caller the core is live and of this heap.
        let core = unsafe { core.as_ref() };
        if core.kind.get() == Kind::Vacant {
            return Err(AllocError::Unsupported { what: "an allocation in a frame that is not open" });
        }
        if self.shared.budgets.epoch() != self.epoch.get() {
            self.settle_now();
        }
        self.tend_shares(self.shared.clock.number());
        let served = self.serve(core, layout);
        self.deliver_events();
        served
    }

    #[cold]
    #[inline(never)]
    unsafe fn extend(&self, core: NonNull<Core>, end: *mut u8) -> bool {
        // SAFETY: F3: by the caller the core is live and of this heap.
        let core = unsafe { core.as_ref() };
        self.prepare_record(core);
        if end > core.end.get() || end <= core.ptr.get() {
            return false;
        }
        if core.linked.get() {
            self.seal(core);
        }
        // A refusal is reported when the block cannot be moved either: it needs more.
        let extended = self.unseal(core, end.addr() - core.ptr.get().addr()).is_ok();
        self.deliver_events();
        extended && end <= core.limit.get()
    }

    unsafe fn released(&self, core: NonNull<Core>) {
        // SAFETY: F2: the count of a closed core became zero, so nothing reaches its memory.
        unsafe { self.free_core(core) };
    }

    #[inline]
    unsafe fn close_scoped(&self, core: NonNull<Core>) {
        // SAFETY: F2: by the caller the `Frame` is being dropped.
        unsafe { self.close(core) };
    }

    #[inline]
    unsafe fn open_child(&self) -> Result<NonNull<Core>, AllocError> {
        self.open_sized(&self.nested_sizing)
    }

    fn current_payer(&self) -> u16 {
        self.current_tag().0
    }

    fn set_error(&self, error: AllocError) {
        *self.error.borrow_mut() = Some(error);
    }

    fn take_error(&self) -> Option<AllocError> {
        self.error.borrow_mut().take()
    }
}
