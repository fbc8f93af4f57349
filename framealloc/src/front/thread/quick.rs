//! Entering and leaving tags and systems when there is no surprise.
//!
//! Almost every run finds its node, its run record and a warm frame ready, and nothing to settle. These paths ask for all
//! of that first and then run straight through, without a call, so that the compiler keeps everything in registers. When
//! an answer is no they have done nothing, and the general path does the work.

#![expect(unsafe_code, reason = "follows pointers to nodes and cores of this thread")]

use core::ptr::{self, NonNull};

use super::ThreadHeap;
use super::context::{GuardKey, Kind};
use super::nodes::SystemNode;
use crate::raw::clock;
use crate::raw::core::Core;
use crate::system::System;
use crate::tag::TagId;
use crate::tracking;

impl ThreadHeap {
    /// No heap traffic since the last switch, and no budget, pool, event or exit wants to know about the next. While the
    /// thread has not exited it keeps the heap, so giving up another keep does not free it (F5).
    #[inline(always)]
    fn is_plain(&self) -> bool {
        tracking::thread_activity() == self.quick_mark.get()
    }

    /// Sets the mark of the quick paths: the traffic that is settled, or a number that the traffic never is.
    pub(super) fn renew_quick_mark(&self) {
        let mark = self.traffic_mark.get();
        self.quick_mark.set(if self.followers.get() == 0 { mark } else { !mark });
    }

    /// [`ThreadHeap::enter_tag`] when nothing is to be settled or made; otherwise does nothing.
    #[inline(always)]
    pub(crate) fn enter_tag_quickly(&self, tag: TagId) -> Option<GuardKey> {
        let node = NonNull::new(self.tag_index.get(tag.index())?.cast_mut())?;
        if !self.unsealed.get().is_null() {
            self.seal_frames();
        }
        if !(self.is_plain() && self.guards.has_room()) {
            return None;
        }
        // SAFETY: F8: there is room.
        let key = unsafe { self.push_guard_within_room(Kind::TAG, self.tag.replace(node)) };
        self.keep();
        Some(key)
    }

    /// [`ThreadHeap::close_tag`] and giving up the guard's keep, when nothing is to be settled; otherwise does nothing.
    #[inline(always)]
    pub(crate) fn close_tag_quickly(&self, key: GuardKey) -> bool {
        let quick = self.is_top(key) && self.unsealed.get().is_null() && self.is_plain();
        if quick {
            // SAFETY: F8: the key's guard is on top.
            self.tag.set(unsafe { self.pop_guard() }.subject.cast());
            self.keeps.set(self.keeps.get() - 1);
        }
        quick
    }

    /// [`ThreadHeap::enter_system`] when everything is ready; otherwise does nothing.
    #[inline(always)]
    pub(crate) fn enter_quickly(&self, system: &'static System) -> Option<(GuardKey, NonNull<Core>)> {
        let node = NonNull::new(self.system_index.get(system.known_index()?)?.cast_mut())?;
        // SAFETY: F3: nodes live as long as the heap.
        let node: &SystemNode = unsafe { node.as_ref() };
        let run = NonNull::new(node.free_run.get())?;
        let core = NonNull::new(node.sizing.warm.get().cast_mut())?;
        let ready = self.unsealed.get().is_null() && self.is_plain() && self.guards.has_room();
        if !ready {
            return None;
        }
        node.free_run.set(ptr::null_mut());
        // SAFETY: F8: there is room.
        let key = unsafe { self.push_guard_within_room(Kind::RUN, run) };
        // SAFETY: F8: the record is initialised and reached through the context alone until its guard closes.
        let this = unsafe { &mut *run.as_ptr() };
        this.outer = self.run.replace(run.as_ptr());
        this.outer_tag = self.tag.replace(node.tag);
        this.outer_phase = self.phase.replace(node.phase);
        this.serial = key.serial;
        this.started = clock::ticks();
        // SAFETY: F1: warm cores are live.
        let opened = unsafe { core.as_ref() };
        node.sizing.warm.set(opened.next.get());
        // The frame and the run begin together; runs around them are older.
        opened.serial.set(key.serial);
        opened.previous.set(ptr::null());
        opened.next.set(ptr::null());
        opened.linked.set(true);
        self.unsealed.set(opened);
        self.keep();
        Some((key, core))
    }

    /// Leaves a system whose frame handed nothing out, if nothing else is to be counted; otherwise does nothing.
    ///
    /// # Safety
    ///
    /// `core` is the frame that entering the system opened with `key`, and is being dropped (F2).
    #[inline(always)]
    pub(crate) unsafe fn leave_quickly(&self, core: &Core, key: GuardKey) -> bool {
        let alone = core.allocs.get() == 0
            && core.refs.get() == 1
            && ptr::eq(self.unsealed.get(), core)
            && core.next.get().is_null();
        if !(alone && self.is_top(key) && self.is_plain()) {
            return false;
        }
        // SAFETY: F8: the key's run is the innermost one, so its record, its node and their cells are live.
        let (run, node) = unsafe { (&*self.run.get(), (*self.run.get()).node.as_ref()) };
        // SAFETY: F3: as above.
        let (cell, phase) = unsafe { (node.cell.as_ref(), node.phase.as_ref().cell.as_ref()) };
        // A run in this frame was counted already, so the phase's figures are this frame's. Of a watched system `last_frame`
        // is no frame.
        let ordinary = (run.bytes.get() | run.allocations.get() | run.heap_calls.get()) == 0
            && node.last_frame.get() == self.frame_number()
            && node.free_run.get().is_null();
        if !ordinary {
            return false;
        }
        let ticks = clock::ticks().wrapping_sub(run.started);
        cell.runs.add(1);
        phase.ticks.add(ticks);
        phase.entries.add(1);
        cell.ticks.add(ticks);
        self.unsealed.set(ptr::null());
        core.linked.set(false);
        // SAFETY: F8: the key's guard is on top.
        let guard = unsafe { self.pop_guard() };
        node.free_run.set(guard.subject.cast().as_ptr());
        self.tag.set(run.outer_tag);
        self.phase.set(run.outer_phase);
        self.run.set(run.outer);
        // Never sealed, so its limit is the chunk's end still.
        core.next.set(node.sizing.warm.replace(core));
        self.keeps.set(self.keeps.get() - 1);
        true
    }

    /// On a thread that begins no frames of its own, what its systems do in one frame counts as one; where nobody begins
    /// any, each run does.
    #[inline(always)]
    pub(crate) fn count_system_frame(&self) {
        let number = self.frame_number();
        if self.begun.get() == 0 && (number == 0 || self.counted.get() != number) {
            self.counted.set(number);
            self.count_frame();
        }
    }

    /// [`ThreadHeap::leave_quickly`] for a frame that handed something out.
    ///
    /// # Safety
    ///
    /// As `leave_quickly`. If the answer is true, the heap may be gone.
    #[inline(always)]
    pub(crate) unsafe fn leave_used(&self, core: &Core, key: GuardKey) -> bool {
        let alone = core.refs.get() == 1
            && core.retained.get().is_null()
            && ptr::eq(self.unsealed.get(), core)
            && core.next.get().is_null();
        if !(alone && self.is_top(key) && self.is_plain()) {
            return false;
        }
        // SAFETY: F8: the key's run is the innermost one.
        if unsafe { &*self.run.get() }.watched || !self.charge_at_end(core) {
            return false;
        }
        self.unsealed.set(ptr::null());
        core.linked.set(false);
        let bytes = core.high_water();
        // SAFETY: F8: the system's guard is on top. F2: by the caller nothing reaches the frame's memory. F5: the frame's
        // keep, taken when it was opened.
        unsafe {
            self.finish_run(self.pop_guard().subject.cast());
            self.reuse(core, bytes);
            self.count_system_frame();
            self.unkeep();
        }
        true
    }
}
