//! Charging: who used the bytes since the last settling.

#![expect(unsafe_code, reason = "walks the list of unsealed frames and their records")]

use core::cell::Cell;
use core::ptr::{self, NonNull};

use super::ThreadHeap;
use super::nodes::{PhaseCell, PhaseNode, TagCell, TagNode};
use crate::error::AllocError;
use crate::raw::core::{Core, ExtraRecord, Record};
use crate::tag::TagId;
use crate::tracking;

impl TagNode {
    #[inline(always)]
    pub(super) fn cell(&self) -> &TagCell {
        // SAFETY: F3: the cell is in the record of this thread's heap, which outlives its nodes.
        unsafe { self.cell.as_ref() }
    }
}

impl PhaseNode {
    #[inline(always)]
    pub(super) fn cell(&self) -> &PhaseCell {
        // SAFETY: F3: the cell is in the record of this thread's heap, which outlives its nodes.
        unsafe { self.cell.as_ref() }
    }

    /// The cell, as of frame `number`: what an earlier frame counted is forgotten.
    #[inline(always)]
    pub(super) fn refresh(&self, number: u64) -> &PhaseCell {
        let cell = self.cell();
        if cell.frame.get() != number {
            cell.restart(number);
            if let Some(budget) = self.budget.get() {
                budget.reset();
            }
        }
        cell
    }
}

impl ThreadHeap {
    /// Charges everything that was used since the last switch to the context, and seals the frames that were used. Runs
    /// no foreign code but the backend's, where budgets are new: the caller delivers the events when its own work is done
    /// (F7).
    #[cold]
    #[inline(never)]
    pub(super) fn settle_context(&self) {
        self.seal_frames();
        if tracking::thread_activity() != self.traffic_mark.get() {
            self.settle_traffic();
        }
        self.notice_budgets();
    }

    /// Settles and seals every unsealed frame.
    pub(super) fn seal_frames(&self) {
        let simple = !self.refusing.get() && !self.budgets.any.get() && self.run.get().is_null();
        while let Some(core) = NonNull::new(self.unsealed.get().cast_mut()) {
            // SAFETY: F3: linked cores are open or quarantined, so they are live.
            let core = unsafe { core.as_ref() };
            if simple {
                self.settle_simply(core);
                self.detach(core);
            } else {
                self.seal_with_care(core);
            }
        }
    }

    #[inline(never)]
    fn seal_with_care(&self, core: &Core) {
        self.seal(core);
    }

    /// Settles `core`, gives its lease back and takes it out of the list of unsealed frames.
    #[inline(always)]
    pub(super) fn seal(&self, core: &Core) {
        self.settle(core);
        self.detach(core);
    }

    /// Seals `core`, which is settled.
    #[inline(always)]
    fn detach(&self, core: &Core) {
        core.limit.set(core.ptr.get());
        self.unlink(core);
        core.debug_assert_valid();
    }

    #[inline(always)]
    pub(super) fn link(&self, core: &Core) {
        let head = self.unsealed.get();
        core.previous.set(ptr::null());
        core.next.set(head);
        // SAFETY: F3: linked cores are live.
        if let Some(head) = unsafe { head.as_ref() } {
            head.previous.set(core);
        }
        self.unsealed.set(core);
        core.linked.set(true);
    }

    #[inline(always)]
    pub(super) fn unlink(&self, core: &Core) {
        let (previous, next) = (core.previous.get(), core.next.get());
        // SAFETY: F3: linked cores are live.
        unsafe {
            match previous.as_ref() {
                Some(previous) => previous.next.set(next),
                None => self.unsealed.set(next),
            }
            if let Some(next) = next.as_ref() {
                next.previous.set(previous);
            }
        }
        core.linked.set(false);
    }

    /// Charges what `core` handed out since its mark to the context, and gives its lease back.
    #[inline(always)]
    pub(super) fn settle(&self, core: &Core) {
        let used = core.unsettled();
        let allocations = core.allocs.get().wrapping_sub(core.allocs_mark.get());
        if self.refusing.get() {
            self.settle_lease(core, used);
        }
        if allocations == 0 && used == 0 {
            return;
        }
        let above = self.charge_context(core, used, allocations);
        for run in self.runs() {
            run.bytes.set(run.bytes.get() + used);
            run.allocations.set(run.allocations.get() + allocations);
        }
        self.charge_budgets(used, above);
        // After the charge, which it may have to move to another tag.
        self.record_on(core, self.tag_node(), used);
    }

    /// [`ThreadHeap::settle`] where no system runs and no budget is set.
    #[inline(always)]
    fn settle_simply(&self, core: &Core) {
        let used = core.unsettled();
        let allocations = core.allocs.get().wrapping_sub(core.allocs_mark.get());
        if (allocations | used) != 0 {
            self.charge_context(core, used, allocations);
            self.record_on(core, self.tag_node(), used);
        }
    }

    /// Charges `used` bytes of `core` to the tag, the phase and the thread, and moves its mark. Returns how many more were
    /// in use in between.
    #[inline(always)]
    fn charge_context(&self, core: &Core, used: u64, allocations: u64) -> u64 {
        let ptr = core.ptr.get();
        let above = (core.high.get().max(ptr).addr() - ptr.addr()) as u64;
        core.mark.set(ptr);
        core.high.set(ptr);
        core.allocs_mark.set(core.allocs.get());
        core.charged.set(core.charged.get() + used);
        let tag = self.tag_node();
        tag.cell().frames.charge(used, above, allocations);
        self.record.charge(used, above);
        let phase = self.phase_node().refresh(self.frame_number());
        phase.allocations.add(allocations);
        phase.bytes.add(used);
        phase.peak.raise_to(phase.bytes.get() + above);
        above
    }

    /// Charges and credits in one step a frame that ends and was never settled before: its bytes were all made in the
    /// current context. Does nothing, and says so, where a budget wants a closer look.
    #[inline(always)]
    pub(super) fn charge_at_end(&self, core: &Core) -> bool {
        let used = core.unsettled();
        let most = used + (core.high.get().max(core.ptr.get()).addr() - core.ptr.get().addr()) as u64;
        let simple = core.records[0].get().payer.is_null()
            && !self.refusing.get()
            && !self.budgets.any.get()
            && self.runs().all(|run| run.budget.is_quiet_with(most));
        if !simple {
            return false;
        }
        let allocations = core.allocs.get().wrapping_sub(core.allocs_mark.get());
        let tag = &self.tag_node().cell().frames;
        tag.bytes.add(used);
        tag.allocations.add(allocations);
        tag.peak.raise_to(tag.live.get() + most);
        self.record.peak.raise_to(self.record.live.get() + most);
        let phase = self.phase_node().refresh(self.frame_number());
        phase.peak.raise_to(phase.bytes.get() + most);
        phase.bytes.add(used);
        phase.allocations.add(allocations);
        for run in self.runs() {
            run.bytes.set(run.bytes.get() + used);
            run.allocations.set(run.allocations.get() + allocations);
            run.budget.note_peak_with(most);
        }
        true
    }

    /// Makes sure that `core` has a record for the current tag, or room for one: charging its bytes then takes no memory, and
    /// calls nobody. May reach the backend.
    pub(super) fn prepare_record(&self, core: &Core) {
        while !Self::has_record(core, self.tag_node()) {
            if let Some(place) = self.records.take() {
                let record = Cell::new(Record { payer: ptr::from_ref(self.tag_node()).cast(), bytes: 0 });
                // SAFETY: F1: the record is fresh and belongs to the core from here on.
                unsafe { place.write(ExtraRecord { record, next: Cell::new(core.extra_records.get()) }) };
                core.extra_records.set(place.as_ptr());
            } else if self.records.grow(&*self.shared.backend, |_| ()).is_err() {
                return;
            }
        }
    }

    fn has_record(core: &Core, tag: &TagNode) -> bool {
        let payer: *const () = ptr::from_ref(tag).cast();
        let mut inline = core.records.iter().map(|slot| slot.get().payer);
        inline.any(|other| ptr::eq(other, payer) || other.is_null())
            || Self::extra_records(core).any(|extra| ptr::eq(extra.record.get().payer, payer))
    }

    fn extra_records(core: &Core) -> impl Iterator<Item = &ExtraRecord> {
        // SAFETY: F1: the records of a live core are live.
        let first = unsafe { core.extra_records.get().as_ref() };
        // SAFETY: F1: as above.
        core::iter::successors(first, |extra| unsafe { extra.next.get().as_ref() })
    }

    /// Remembers on `core` that `used` bytes of it are the tag's.
    #[inline(always)]
    fn record_on(&self, core: &Core, tag: &TagNode, used: u64) {
        let payer: *const () = ptr::from_ref(tag).cast();
        for slot in &core.records {
            let record = slot.get();
            if ptr::eq(record.payer, payer) || record.payer.is_null() {
                slot.set(Record { payer, bytes: record.bytes + used });
                return;
            }
        }
        self.record_extra(core, tag, used);
    }

    #[cold]
    fn record_extra(&self, core: &Core, tag: &TagNode, used: u64) {
        let payer: *const () = ptr::from_ref(tag).cast();
        if let Some(extra) = Self::extra_records(core).find(|extra| ptr::eq(extra.record.get().payer, payer))
        {
            extra.record.set(Record { payer, bytes: extra.record.get().bytes + used });
            return;
        }
        // Without memory for a record of its own, the first tag of the frame answers for the bytes at its end.
        let first = core.records[0].get();
        // SAFETY: F3: the payer of a record is a tag node of this heap.
        self.move_charge(tag, unsafe { &*first.payer.cast::<TagNode>() }, used);
        core.records[0].set(Record { payer: first.payer, bytes: first.bytes + used });
    }

    /// Moves live bytes from one tag to another.
    #[cold]
    fn move_charge(&self, from: &TagNode, to: &TagNode, bytes: u64) {
        from.cell().frames.live.sub(bytes);
        to.cell().frames.live.add(bytes);
        Self::refund_path(from, bytes);
        self.charge_path(to, bytes);
    }

    /// Credits the tags of `core` with its bytes: the frame is over.
    #[inline(always)]
    pub(super) fn credit(&self, core: &Core) {
        if core.records[0].get().payer.is_null() {
            return;
        }
        let charged = core.charged.get();
        self.record.live.sub(charged);
        self.take_records(core, Self::credit_record);
        self.refund_budgets(core, charged);
    }

    #[inline(always)]
    fn credit_record(record: Record) {
        // SAFETY: F3: the payer of a record is a tag node of this heap.
        let tag = unsafe { &*record.payer.cast::<TagNode>() };
        tag.cell().frames.live.sub(record.bytes);
        if tag.budgeted.get() {
            Self::refund_path(tag, record.bytes);
        }
    }

    /// Takes the records off `core` and shows each to `visit`.
    #[inline(always)]
    pub(super) fn take_records(&self, core: &Core, mut visit: impl FnMut(Record)) {
        for slot in &core.records {
            let record = slot.replace(Record::NONE);
            if !record.payer.is_null() {
                visit(record);
            }
        }
        if !core.extra_records.get().is_null() {
            self.take_extra_records(core, visit);
        }
    }

    #[cold]
    fn take_extra_records(&self, core: &Core, mut visit: impl FnMut(Record)) {
        let mut next = core.extra_records.replace(ptr::null_mut());
        while let Some(extra) = NonNull::new(next) {
            // SAFETY: F1: the records of the core are live, and each is put back once.
            let record = unsafe {
                next = extra.as_ref().next.get();
                let record = extra.as_ref().record.get();
                self.records.put(extra);
                record
            };
            visit(record);
        }
    }

    /// Takes an open frame that handed nothing out off the list of unsealed ones: there is nothing to settle.
    #[inline(always)]
    pub(super) fn detach_if_unused(&self, core: &Core) {
        if core.allocs.get() == 0 && core.linked.get() && !self.refusing.get() {
            core.limit.set(core.ptr.get());
            self.unlink(core);
        }
    }

    /// Charges the ordinary heap traffic since the last settling to the tag and the phase.
    fn settle_traffic(&self) {
        let now = tracking::thread_counters();
        let before = self.traffic.replace(now);
        self.traffic_mark.set(tracking::thread_activity());
        self.renew_quick_mark();
        let calls = now.allocations.wrapping_sub(before.allocations);
        let traffic = &self.tag_node().cell().traffic;
        traffic.calls.add(calls);
        traffic.bytes.add(now.allocated_bytes.wrapping_sub(before.allocated_bytes));
        traffic.frees.add(now.frees.wrapping_sub(before.frees));
        traffic.freed_bytes.add(now.freed_bytes.wrapping_sub(before.freed_bytes));
        self.phase_node().refresh(self.frame_number()).heap_calls.add(calls);
        self.runs().for_each(|run| run.heap_calls.set(run.heap_calls.get() + calls));
    }

    /// One heap object of `tag` was freed on this thread.
    ///
    /// # Errors
    ///
    /// When there is no memory for the tag's node.
    pub(crate) fn count_heap_free(&self, tag: TagId, bytes: u64) -> Result<(), AllocError> {
        // SAFETY: F3: nodes live as long as the heap.
        let node = unsafe { self.node_of_tag(tag)?.as_ref() };
        node.cell().heap_live.sub(bytes);
        Self::refund_path(node, bytes);
        Ok(())
    }

    /// As [`ThreadHeap::count_heap_free`], if `tag` is the current one and has no budget; otherwise does nothing.
    #[inline(always)]
    pub(crate) fn count_heap_free_here(&self, tag: TagId, bytes: u64) -> bool {
        let node = self.tag_node();
        let here = node.tag == tag && !node.budgeted.get();
        if here {
            node.cell().heap_live.sub(bytes);
        }
        here
    }
}

impl TagNode {
    /// Counts one heap object.
    #[inline(always)]
    pub(super) fn count_heap(&self, bytes: u64) {
        let cell = self.cell();
        cell.heap_bytes.add(bytes);
        cell.heap_allocations.add(1);
        cell.heap_live.add(bytes);
    }
}
