//! Runs of systems: what one has in use, and what it is counted for when it ends.

#![expect(unsafe_code, reason = "follows pointers to nodes and runs of this thread")]

use core::cell::Cell;
use core::ptr::{self, NonNull};

use super::ThreadHeap;
use super::context::{FOLLOWER_RUN, GuardKey, Kind};
use super::nodes::{PhaseNode, SystemCell, SystemNode, TagNode};
use crate::budget::{Budget, BudgetReset, PlainBudget};
use crate::error::AllocError;
use crate::raw::clock;
use crate::raw::core::{Core, Kind as FrameKind};
use crate::sys::caught::Caught;
use crate::system::{HeapUse, System};

/// One run of a system. Runs that are nested in themselves are in a slab, all others in their node.
pub(super) struct Run {
    pub(super) node: NonNull<SystemNode>,
    /// The run, the tag and the phase it happens in.
    pub(super) outer: *const Run,
    pub(super) outer_tag: NonNull<TagNode>,
    pub(super) outer_phase: NonNull<PhaseNode>,
    pub(super) serial: u64,
    pub(super) budget: PlainBudget,
    /// Frame bytes handed out, and their number.
    pub(super) bytes: Cell<u64>,
    pub(super) allocations: Cell<u64>,
    pub(super) started: u64,
    /// Calls to the ordinary heap.
    pub(super) heap_calls: Cell<u64>,
    /// The system's heap use is judged when the run ends.
    pub(super) watched: bool,
    /// Its budget, or that of a run around it, can refuse.
    pub(super) refusing: Cell<bool>,
}

/// A run that is not open yet; put back if a report panics before it is.
struct Spare<'h> {
    heap: &'h ThreadHeap,
    node: &'h SystemNode,
    run: NonNull<Run>,
}

impl Drop for Spare<'_> {
    fn drop(&mut self) {
        // SAFETY: F1: the run was taken for this system and did not open.
        unsafe { self.heap.put_run(self.run, self.node) };
    }
}

impl ThreadHeap {
    /// Enters `system` and opens its frame, which keeps the heap.
    #[inline(always)]
    pub(crate) fn enter_system(
        &self,
        system: &'static System,
    ) -> Result<(GuardKey, NonNull<Core>), AllocError> {
        let (key, node) = self.enter_run(system)?;
        match self.open(FrameKind::Scoped, &node.sizing) {
            Ok(core) => Ok((key, core)),
            Err(error) => {
                self.close_guard(key);
                Err(error)
            }
        }
    }

    /// Enters `system`: its tag, phase and budget. The system's frame keeps the heap.
    #[inline(always)]
    fn enter_run(&self, system: &'static System) -> Result<(GuardKey, &SystemNode), AllocError> {
        // SAFETY: F3: nodes live as long as the heap.
        let node = unsafe { self.node_of_system(system)?.as_ref() };
        let run = match NonNull::new(node.free_run.replace(ptr::null_mut())) {
            Some(run) => run,
            None => self.make_run(node)?,
        };
        let prepared = Spare { heap: self, node, run };
        self.prepare_entering()?;
        core::mem::forget(prepared);
        // SAFETY: F8: there is room.
        let key = unsafe { self.push_guard_within_room(Kind::RUN, run) };
        // SAFETY: F8: the record is initialised and reached through the context alone until its guard closes.
        let this = unsafe { &mut *run.as_ptr() };
        this.outer = self.run.get();
        this.outer_tag = self.tag.get();
        this.outer_phase = self.phase.get();
        this.serial = key.serial;
        this.started = clock::ticks();
        self.tag.set(node.tag);
        self.phase.set(node.phase);
        self.run.set(run.as_ptr());
        if node.refusing || self.followers.get() != 0 {
            // SAFETY: F8: as above; the exclusive reference is not used any more.
            self.start_refusing(unsafe { run.as_ref() });
        }
        Ok((key, node))
    }

    #[cold]
    #[inline(never)]
    fn make_run(&self, node: &SystemNode) -> Result<NonNull<Run>, AllocError> {
        let run = match self.runs.take() {
            Some(run) => run,
            None => {
                self.runs.grow(&*self.shared.backend, |_| ())?;
                self.runs
                    .take()
                    .ok_or(AllocError::Unsupported { what: "a slab that grew but has no record" })?
            }
        };
        // SAFETY: F1: the record was just taken.
        unsafe {
            run.write(Run {
                node: NonNull::from(node),
                outer: ptr::null(),
                outer_tag: self.tag.get(),
                outer_phase: self.phase.get(),
                serial: 0,
                budget: PlainBudget::new(&node.budget, BudgetReset::PerRun),
                bytes: Cell::new(0),
                allocations: Cell::new(0),
                started: 0,
                heap_calls: Cell::new(0),
                watched: node.system.info().heap != HeapUse::Allow,
                refusing: Cell::new(false),
            });
        }
        Ok(run)
    }

    /// Closes the guard `key` of a run, and what was opened after it; nothing if it was closed already (F8).
    #[inline(always)]
    pub(crate) fn close_run(&self, key: GuardKey) {
        self.before_switch();
        if !self.is_top(key) {
            return self.close_guard(key);
        }
        // SAFETY: F8: the key's guard is on top.
        self.finish_run(unsafe { self.pop_guard() }.subject.cast());
        self.after_closing();
    }

    /// The run of `key` if its heap use is to be judged: its system, and how often it called the ordinary heap.
    pub(crate) fn watched_run(&self, key: GuardKey) -> Option<(&'static System, u64)> {
        self.before_switch();
        let run = self.runs().find(|run| run.serial == key.serial && run.watched)?;
        // SAFETY: F3: the node of an open run lives as long as the heap.
        Some((unsafe { run.node.as_ref() }.system, run.heap_calls.get()))
    }

    /// The frame of a system is about to end: promotes what it retained while the system's context is still there.
    #[inline(always)]
    pub(crate) fn before_leaving(&self, core: &Core) -> Caught {
        self.detach_if_unused(core);
        if core.retained.get().is_null() { Caught::default() } else { self.settle_retained(core) }
    }

    /// Counts `run`, the innermost one, for its system and goes back to what is around it.
    #[inline(always)]
    pub(super) fn finish_run(&self, run: NonNull<Run>) {
        // SAFETY: F8: the run is open, so its record and its node are live; the cell is in this heap's record.
        let (this, node) = unsafe { (run.as_ref(), run.as_ref().node.as_ref()) };
        // SAFETY: F3: the cell is in this heap's record.
        let cell = unsafe { node.cell.as_ref() };
        cell.runs.add(1);
        let frame = self.frame_number();
        cell.ticks.add(self.count_phase(this.started, frame));
        // An array that grows in place takes bytes without an allocation.
        let used = this.bytes.get() | this.allocations.get() | this.heap_calls.get();
        if (used | this.budget.refusals()) != 0 || node.last_frame.get() != frame {
            self.count_run(this, node, cell, frame);
        }
        self.tag.set(this.outer_tag);
        self.phase.set(this.outer_phase);
        self.run.set(this.outer);
        if this.refusing.get() {
            self.stop_refusing(this);
        }
        // SAFETY: F1: the run is not open any more.
        unsafe { self.put_run(run, node) };
    }

    /// Keeps a run for the next one of its system, or gives its record back.
    ///
    /// # Safety
    ///
    /// `run` is a record for runs of `node` that is not open.
    #[inline(always)]
    unsafe fn put_run(&self, run: NonNull<Run>, node: &SystemNode) {
        // SAFETY: F1: by the caller the record is live.
        let watched = unsafe { run.as_ref() }.watched;
        // The quick paths take what is in `free_run`; runs that want a closer look are not for them.
        let plain = !(node.refusing || watched);
        let spare = if plain { node.free_run.replace(run.as_ptr()) } else { run.as_ptr() };
        if let Some(spare) = NonNull::new(spare) {
            // SAFETY: F1: a spare run is not open.
            unsafe { self.runs.put(spare) };
        }
    }

    /// Counts what a run did, and sets its record back.
    #[inline(never)]
    fn count_run(&self, run: &Run, node: &SystemNode, cell: &SystemCell, frame: u64) {
        node.last_frame.set(if run.watched { u64::MAX } else { frame });
        cell.bytes.add(run.bytes.get());
        cell.allocations.add(run.allocations.get());
        cell.peak.raise_to(run.budget.peak());
        if (run.budget.overruns() | run.budget.refusals() | run.heap_calls.get()) != 0 {
            cell.overruns.add(run.budget.overruns());
            cell.refusals.add(run.budget.refusals());
            cell.heap_calls.add(run.heap_calls.take());
        }
        cell.remember(frame, run.budget.peak());
        run.bytes.set(0);
        run.allocations.set(0);
        run.budget.restart();
    }

    /// A run begins whose budget, or one around it, may refuse.
    #[cold]
    fn start_refusing(&self, run: &Run) {
        // SAFETY: F8: the outer run and the run's own node are live.
        let (node, outer) = unsafe { (run.node.as_ref(), run.outer.as_ref()) };
        let refusing = node.refusing || outer.is_some_and(|outer| outer.refusing.get());
        run.refusing.set(refusing);
        if refusing {
            self.follow(FOLLOWER_RUN);
        }
        self.reselect();
    }

    /// A run whose budget can refuse is over.
    #[cold]
    fn stop_refusing(&self, run: &Run) {
        run.refusing.set(false);
        if self.runs().next().is_none_or(|run| !run.refusing.get()) {
            self.unfollow(FOLLOWER_RUN);
        }
        self.reselect();
    }

    /// Counts promotions for the system that is running.
    pub(super) fn count_promotions(&self, count: u64) {
        if let Some(run) = self.runs().next() {
            // SAFETY: F3: the node of an open run and its cell live as long as the heap.
            unsafe { run.node.as_ref().cell.as_ref() }.promotions.add(count);
        }
    }

    /// The budget that a system's declaration asks for.
    pub(super) fn declared_budget(system: &'static System) -> Budget {
        let info = system.info();
        match info.budget {
            Some(bytes) => Budget::bytes(usize::try_from(bytes).unwrap_or(usize::MAX))
                .soft_limit(info.soft)
                .on_exceed(info.on_exceed),
            None => Budget::bytes(usize::MAX),
        }
    }
}
