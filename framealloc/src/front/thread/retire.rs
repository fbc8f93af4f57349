//! The end of ambient cores: what keeps one, and when it goes.

#![expect(unsafe_code, reason = "closes and frees cores")]

use core::ptr::{self, NonNull};

use super::{ThreadHeap, Unkeep};
use crate::raw::core::Core;
use crate::sys::caught::Caught;

impl ThreadHeap {
    /// Closes a core that was taken off the stack; returns how many handles keep it. If it is rolled back, the slots in it
    /// close now, and those that are read count as handles.
    pub(super) fn retire(&self, core: NonNull<Core>, rolled_back: bool) -> u64 {
        // SAFETY: F2: the frame's own count keeps the core until `release` below.
        let this = unsafe { core.as_ref() };
        // Before the committed segments go, because some of the values are in their memory (R1).
        self.settle_before_closing(this, rolled_back);
        let mut alive = 0;
        let mut committed = this.committed.replace(ptr::null());
        while let Some(segment) = NonNull::new(committed.cast_mut()) {
            // SAFETY: F2: a committed segment has its own count until it is retired here.
            let segment_core = unsafe { segment.as_ref() };
            committed = segment_core.committed.replace(ptr::null());
            // A value that was being retained while a sink committed the segment (F7).
            self.settle_before_closing(segment_core, rolled_back);
            alive += self.close_core(segment, rolled_back);
        }
        alive + self.close_core(core, rolled_back)
    }

    /// Closes a core: recycles it, or leaves it to its handles and slots. Tells no events, which might panic half way through
    /// a stack of cores. The thread, or a guard, keeps the heap.
    pub(super) fn close_core(&self, core: NonNull<Core>, rolled_back: bool) -> u64 {
        // SAFETY: F2: the core's own count keeps it until it is given up below.
        let this = unsafe { core.as_ref() };
        let counts = this.refs.get() - 1;
        if counts == 0 {
            // SAFETY: F2: the core's own count is the only one, and it is given up here.
            unsafe { self.recycle(this) };
            self.keeps.set(self.keeps.get() - 1);
            0
        } else {
            let slots = if rolled_back { 0 } else { this.shares.get() };
            if this.linked.get() {
                self.seal(this);
            }
            this.closed.set(true);
            if counts > slots && self.shared.behavior.is_on() {
                self.note_kept(this, counts - slots);
            }
            this.refs.set(counts);
            counts - slots
        }
    }

    /// Promotes what was retained in `core` and closes its slots; a panic is kept for later.
    pub(super) fn settle_before_closing(&self, core: &Core, rolled_back: bool) {
        if !core.retained.get().is_null() {
            self.keep_panic(self.settle_retained(core));
        }
        if !core.shared.get().is_null() {
            self.keep_panic(self.close_shares_of(core, rolled_back));
        }
    }

    /// Keeps the first panic until the frame's end is done.
    pub(super) fn keep_panic(&self, later: Caught) {
        let mut first = self.take_panic();
        first.add(later);
        self.panic.set(first);
    }

    /// The panic that `settle_before_closing` kept.
    pub(super) fn take_panic(&self) -> Caught {
        self.panic.take()
    }

    /// The count of a closed core became zero.
    ///
    /// # Safety
    ///
    /// Nothing reaches the memory of `core` (F2). The heap may be gone afterwards.
    #[cold]
    pub(super) unsafe fn free_core(&self, core: NonNull<Core>) {
        if self.shared.behavior.is_on() {
            // SAFETY: F2: by the caller; the record is live until it is recycled.
            self.note_let_go(unsafe { core.as_ref() });
        }
        // SAFETY: F2: as above. What slots in it read is its orphan's.
        unsafe {
            core.as_ref().refs.set(1);
            match self.take_orphan_of(core.as_ref()) {
                Some(orphan) => self.bequeath(core.as_ref(), &orphan),
                None => self.recycle(core.as_ref()),
            }
        }
        // SAFETY: F5: the frame's keep, taken in `open`, given up although a report panics.
        let _unkeep = unsafe { Unkeep::new(self) };
        self.deliver_events();
    }
}
