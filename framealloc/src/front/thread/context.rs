//! What the thread is doing: tag, phase, system, and the guards that lead back.

#![expect(unsafe_code, reason = "follows pointers to nodes of this thread")]

use core::cell::{Cell, OnceCell};
use core::ptr::{self, NonNull};

use super::nodes::{PhaseCell, PhaseNode, SystemCell, SystemNode, TagCell, TagNode, ThreadRecord};
use super::run::Run;
use super::sizing::Sizing;
use super::{ThreadHeap, Unkeep};
use crate::budget::OnExceed;
use crate::error::AllocError;
use crate::phase::PhaseId;
use crate::raw::clock;
use crate::raw::stack::Stack;
use crate::system::System;
use crate::tag::TagId;
use crate::tracking::{self, LabelCache, LabelSource, Payer};

/// Budgets besides those of runs: leases depend on the context.
pub(super) const FOLLOWER_BUDGETS: u8 = 1;
/// A run whose budget can refuse.
pub(super) const FOLLOWER_RUN: u8 = 2;
/// The pool, once it is used: its magazines are by tag.
const FOLLOWER_POOL: u8 = 4;
/// The thread has exited: nothing is quick any more.
pub(super) const FOLLOWER_EXIT: u8 = 16;
/// Events that wait to be told.
pub(super) const FOLLOWER_EVENTS: u8 = 8;

/// What an open guard goes back to (F8). Its serial is kept one place higher: in the guard above it, or in the heap for
/// the one on top, so that closing the top one is a single comparison.
#[derive(Clone, Copy)]
pub(super) struct Guard {
    /// The tag or phase that was current, or the run that ends here.
    pub(super) subject: NonNull<()>,
    /// The serial of the guard below.
    below: u64,
    kind: Kind,
}

/// What a guard goes back to; for a phase it is the time when it began, which is never so early.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Kind(u64);

impl Kind {
    pub(super) const TAG: Self = Self(0);
    pub(super) const RUN: Self = Self(1);

    fn phase(started: u64) -> Self {
        Self(started.max(2))
    }
}

/// Names an open guard: its heap and its serial (F8).
#[derive(Clone, Copy)]
pub(crate) struct GuardKey {
    pub(crate) heap: NonNull<ThreadHeap>,
    pub(super) serial: u64,
}

// SAFETY: F3: a name does nothing by itself; each guard that holds one holds a marker that keeps it on its thread, which is
// then the one reason the compiler gives.
unsafe impl Send for GuardKey {}
// SAFETY: F3: as above.
unsafe impl Sync for GuardKey {}

fn tag_node(record: &ThreadRecord, tag: TagId, parent: *const TagNode) -> TagNode {
    let cell = NonNull::from(record.tags.push(TagCell::new(tag)));
    TagNode {
        tag,
        cell,
        parent,
        link: OnceCell::new(),
        refusing: Cell::new(false),
        budgeted: Cell::new(false),
        label: LabelCache::new(),
    }
}

pub(super) fn root_tag_node(record: &ThreadRecord) -> TagNode {
    tag_node(record, TagId::UNTAGGED, ptr::null())
}

pub(super) fn root_phase_node(record: &ThreadRecord) -> PhaseNode {
    phase_node(record, PhaseId::NONE)
}

fn phase_node(record: &ThreadRecord, phase: PhaseId) -> PhaseNode {
    PhaseNode {
        phase,
        cell: NonNull::from(record.phases.push(PhaseCell::new(phase))),
        budget: OnceCell::new(),
    }
}

impl LabelSource for ThreadHeap {
    fn payer(&self) -> Payer<'_> {
        let node = self.tag_node();
        Payer { allocator: self.shared.id, tag: node.tag.0, cache: &node.label }
    }
}

impl ThreadHeap {
    /// Enters the root nodes into their indexes and reads the budgets.
    pub(super) fn start_context(&self) {
        self.traffic.set(tracking::thread_counters());
        self.traffic_mark.set(tracking::thread_activity());
        self.renew_quick_mark();
        self.notice_budgets();
        // Until the first allocation the pool does not follow the switches; that one asks which tag it is for.
        self.pool.select(TagId::UNTAGGED.0, true);
    }

    #[inline(always)]
    pub(super) fn tag_node(&self) -> &TagNode {
        // SAFETY: F3: nodes live as long as the heap.
        unsafe { self.tag.get().as_ref() }
    }

    #[inline(always)]
    pub(super) fn phase_node(&self) -> &PhaseNode {
        // SAFETY: F3: nodes live as long as the heap.
        unsafe { self.phase.get().as_ref() }
    }

    /// The innermost run, and through `outer` those around it.
    #[inline(always)]
    pub(super) fn runs(&self) -> impl Iterator<Item = &Run> + Clone {
        // SAFETY: F8: runs of the chain are open, so they are in the slab.
        core::iter::successors(unsafe { self.run.get().as_ref() }, |run| unsafe { run.outer.as_ref() })
    }

    /// The tag `node` and the tags above it.
    #[inline(always)]
    pub(super) fn tag_path(node: &TagNode) -> impl Iterator<Item = &TagNode> + Clone {
        // SAFETY: F3: nodes live as long as the heap.
        core::iter::successors(Some(node), |node| unsafe { node.parent.as_ref() })
    }

    pub(crate) fn current_tag(&self) -> TagId {
        self.tag_node().tag
    }

    pub(crate) fn current_phase(&self) -> PhaseId {
        self.phase_node().phase
    }

    pub(crate) fn current_system(&self) -> Option<&'static System> {
        // SAFETY: F3: the node of an open run lives as long as the heap.
        self.runs().next().map(|run| unsafe { run.node.as_ref() }.system)
    }

    /// This thread's node of `tag`.
    #[inline(always)]
    pub(crate) fn node_of_tag(&self, tag: TagId) -> Result<NonNull<TagNode>, AllocError> {
        match self.tag_index.get(tag.index()).and_then(|node| NonNull::new(node.cast_mut())) {
            Some(node) => Ok(node),
            None => self.make_tag_node(tag),
        }
    }

    /// Makes `index` hold `place`. Returns the node that is there, which the backend may have made meanwhile (F7).
    fn place_for<N>(&self, index: &Stack<*const N>, place: usize) -> Result<Option<NonNull<N>>, AllocError> {
        while index.len() <= place {
            index.push(ptr::null(), &self.shared.backend)?;
        }
        Ok(index.get(place).and_then(|node| NonNull::new(node.cast_mut())))
    }

    /// Makes the node of `tag` and those above it: a list instead of recursion, because tags may nest deeply.
    #[cold]
    fn make_tag_node(&self, tag: TagId) -> Result<NonNull<TagNode>, AllocError> {
        let root = self.tag_nodes.iter().last().map(NonNull::from);
        let root = root.ok_or(AllocError::Unsupported { what: "a thread heap without a root tag" })?;
        tracking::exempt(|| {
            let path: Vec<TagId> = self.shared.tags.ancestry(tag).collect();
            path.into_iter().rev().skip(1).try_fold(root, |parent, tag| self.child_node(tag, parent))
        })
    }

    /// The node of `tag`, whose parent's is `parent`.
    fn child_node(&self, tag: TagId, parent: NonNull<TagNode>) -> Result<NonNull<TagNode>, AllocError> {
        if let Some(node) = self.place_for(&self.tag_index, tag.index())? {
            return Ok(node);
        }
        let node = self.tag_nodes.push(tag_node(&self.record, tag, parent.as_ptr()));
        self.tag_index.set(tag.index(), node);
        self.read_budget_of(node);
        Ok(NonNull::from(node))
    }

    /// This thread's node of `phase`.
    pub(crate) fn node_of_phase(&self, phase: PhaseId) -> Result<NonNull<PhaseNode>, AllocError> {
        if let Some(node) = self.phase_index.get(phase.index()).and_then(|node| NonNull::new(node.cast_mut()))
        {
            return Ok(node);
        }
        if phase == PhaseId::NONE {
            let root = self.phase_nodes.iter().last().map(NonNull::from);
            return root.ok_or(AllocError::Unsupported { what: "a thread heap without a root phase" });
        }
        tracking::exempt(|| {
            if let Some(node) = self.place_for(&self.phase_index, phase.index())? {
                return Ok(node);
            }
            let node = self.phase_nodes.push(phase_node(&self.record, phase));
            self.phase_index.set(phase.index(), node);
            self.read_phase_budget(node);
            Ok(NonNull::from(node))
        })
    }

    #[inline(always)]
    pub(super) fn node_of_system(&self, system: &'static System) -> Result<NonNull<SystemNode>, AllocError> {
        let known = system.known_index().and_then(|index| self.system_index.get(index));
        match known.and_then(|node| NonNull::new(node.cast_mut())) {
            Some(node) => Ok(node),
            None => self.make_system_node(system),
        }
    }

    #[cold]
    fn make_system_node(&self, system: &'static System) -> Result<NonNull<SystemNode>, AllocError> {
        tracking::exempt(|| {
            let info = system.info();
            let tag = self.node_of_tag(self.shared.tags.child(TagId::UNTAGGED, info.tag)?)?;
            let phase = self.node_of_phase(self.shared.phases.intern(info.phase)?)?;
            if let Some(node) = self.place_for(&self.system_index, system.index())? {
                return Ok(node);
            }
            let cell = self.record.systems.push(SystemCell::new(system));
            let node = self.system_nodes.push(SystemNode {
                system,
                cell: NonNull::from(cell),
                tag,
                phase,
                budget: Self::declared_budget(system),
                refusing: system.info().budget.is_some() && system.info().on_exceed != OnExceed::Warn,
                free_run: Cell::new(ptr::null_mut()),
                last_frame: Cell::new(u64::MAX),
                sizing: Sizing::new(0),
            });
            self.system_index.set(system.index(), node);
            Ok(NonNull::from(node))
        })
    }

    /// Charges what was used under the context that is about to change. Almost always there is nothing.
    #[inline(always)]
    pub(crate) fn before_switch(&self) {
        let idle = self.unsealed.get().is_null() & (tracking::thread_activity() == self.traffic_mark.get());
        if !idle {
            self.settle_context();
        }
    }

    /// The context has changed. Almost always nothing depends on it but what the next settling charges.
    #[inline(always)]
    fn after_switch(&self) {
        if self.followers.get() != 0 {
            self.reselect();
        }
    }

    /// [`ThreadHeap::before_switch`] ahead of one that pushes a guard: tells events while nothing is half done, because
    /// nobody would close the guard if a report panicked.
    #[inline(always)]
    pub(super) fn before_entering(&self) {
        self.before_switch();
        if self.followers.get() & FOLLOWER_EVENTS != 0 {
            self.tell_before_entering();
        }
    }

    #[cold]
    #[inline(never)]
    fn tell_before_entering(&self) {
        self.deliver_events();
        // What the sinks allocated was allocated in the context that ends now.
        self.before_switch();
    }

    /// A guard was closed, or several.
    #[inline(always)]
    pub(super) fn after_closing(&self) {
        if self.followers.get() != 0 {
            self.reselect();
            self.deliver_events();
        }
    }

    /// Reads from the context whether frames need leases and whether pool objects are charged one by one.
    #[inline(never)]
    pub(super) fn reselect(&self) {
        let tag = self.tag_node();
        let run_refuses = self.runs().next().is_some_and(|run| run.refusing.get());
        self.refusing.set(tag.refusing.get() | run_refuses | self.budgets.refusing(self));
        if self.followers.get() & FOLLOWER_POOL != 0 {
            self.select_pool();
        }
    }

    /// From now on every switch calls `reselect`.
    pub(super) fn follow(&self, follower: u8) {
        self.followers.set(self.followers.get() | follower);
        self.renew_quick_mark();
    }

    /// Switches need no longer call `reselect` for this reason.
    pub(super) fn unfollow(&self, follower: u8) {
        self.followers.set(self.followers.get() & !follower);
        self.renew_quick_mark();
    }

    /// Makes the pool serve from the magazines of the current tag, from now on after every switch.
    pub(super) fn select_pool(&self) {
        self.follow(FOLLOWER_POOL);
        let tag = self.tag_node();
        self.pool.select(tag.tag.0, tag.budgeted.get() | self.gates_pool());
    }

    /// Does what runs foreign code ahead of a switch that pushes a guard: makes room for it, settles, tells events. When
    /// this returns, the stack has room and every frame is sealed: a lease is given back to the budgets it came from (F7).
    pub(super) fn prepare_entering(&self) -> Result<(), AllocError> {
        loop {
            self.guards.reserve(&self.shared.backend)?;
            self.before_entering();
            if self.guards.has_room() && self.unsealed.get().is_null() {
                return Ok(());
            }
        }
    }

    /// Pushes a guard; takes no memory.
    ///
    /// # Safety
    ///
    /// The stack of guards has room.
    #[inline(always)]
    pub(super) unsafe fn push_guard_within_room<T>(&self, kind: Kind, subject: NonNull<T>) -> GuardKey {
        let below = self.top_guard.get();
        // SAFETY: F8: by the caller.
        unsafe { self.guards.push_within_room(Guard { subject: subject.cast(), below, kind }) };
        let serial = self.next_serial();
        self.top_guard.set(serial);
        GuardKey { heap: NonNull::from(self), serial }
    }

    /// Whether `key` is open and nothing was opened after it.
    #[inline(always)]
    pub(super) fn is_top(&self, key: GuardKey) -> bool {
        self.top_guard.get() == key.serial
    }

    /// Takes the guard on top.
    ///
    /// # Safety
    ///
    /// A guard is open.
    #[inline(always)]
    pub(super) unsafe fn pop_guard(&self) -> Guard {
        // SAFETY: F8: by the caller.
        let guard = unsafe { self.guards.pop_unchecked() };
        self.top_guard.set(guard.below);
        guard
    }

    /// Makes `tag` current until the guard is closed. The guard keeps the heap.
    #[inline(always)]
    pub(crate) fn enter_tag(&self, tag: TagId) -> Result<GuardKey, AllocError> {
        let node = self.node_of_tag(tag)?;
        self.prepare_entering()?;
        // SAFETY: F8: there is room.
        let key = unsafe { self.push_guard_within_room(Kind::TAG, self.tag.get()) };
        self.keep();
        self.tag.set(node);
        self.after_switch();
        Ok(key)
    }

    /// Makes `phase` current until the guard is closed. The guard keeps the heap.
    pub(crate) fn enter_phase(&self, phase: PhaseId) -> Result<GuardKey, AllocError> {
        let node = self.node_of_phase(phase)?;
        self.prepare_entering()?;
        // SAFETY: F8: there is room.
        let key = unsafe { self.push_guard_within_room(Kind::phase(clock::ticks()), self.phase.get()) };
        self.keep();
        self.phase.set(node);
        self.after_switch();
        Ok(key)
    }

    /// Closes the guard `key` of a tag, and what was opened after it; nothing if it was closed already (F8).
    #[inline(always)]
    pub(crate) fn close_tag(&self, key: GuardKey) {
        self.before_switch();
        if !self.is_top(key) {
            return self.close_guard(key);
        }
        // SAFETY: F8: the key's guard is on top.
        self.tag.set(unsafe { self.pop_guard() }.subject.cast());
        self.after_closing();
    }

    /// Whether `key` has not been closed yet.
    pub(super) fn is_open_guard(&self, key: GuardKey) -> bool {
        self.is_top(key)
            || (0..self.guards.len())
                .any(|index| self.guards.get(index).is_some_and(|guard| guard.below == key.serial))
    }

    /// Closes the guard `key` and what was opened after it; nothing if it was closed already (F8).
    #[inline(never)]
    pub(crate) fn close_guard(&self, key: GuardKey) {
        // The backend may open and close guards in there (F7).
        self.before_switch();
        if !self.is_open_guard(key) {
            return;
        }
        loop {
            let last = self.is_top(key);
            // SAFETY: F8: `key` is open, so it or a guard above it is on top.
            let guard = unsafe { self.pop_guard() };
            match guard.kind {
                Kind::TAG => self.tag.set(guard.subject.cast()),
                Kind::RUN => self.finish_run(guard.subject.cast()),
                Kind(started) => {
                    self.count_phase(started, self.frame_number());
                    self.phase.set(guard.subject.cast());
                }
            }
            if last {
                break;
            }
        }
        self.after_closing();
    }

    /// Counts a stay in the current phase that began at `started`; returns its ticks.
    #[inline(always)]
    pub(super) fn count_phase(&self, started: u64, frame: u64) -> u64 {
        let ticks = clock::ticks().wrapping_sub(started);
        let phase = self.phase_node().refresh(frame);
        phase.entries.add(1);
        phase.ticks.add(ticks);
        ticks
    }

    /// Remembers a phase that was begun without a guard. Forgets those that a guard around them closed.
    pub(crate) fn begun_phase(&self, key: GuardKey) {
        while let Some(last) = self.begun_phases.last()
            && !self.is_open_guard(last)
        {
            self.begun_phases.pop();
            // SAFETY: F5: the closed guard's keep; the thread keeps the heap.
            unsafe { self.unkeep() };
        }
        if let Err(error) = self.begun_phases.push(key, &self.shared.backend) {
            self.close_guard(key);
            // SAFETY: F5: the guard's keep; the thread keeps the heap.
            unsafe { self.unkeep() };
            crate::frame::fail(error);
        }
    }

    /// Ends the latest phase that was begun without a guard and is still open.
    pub(crate) fn end_begun_phase(&self) {
        while let Some(key) = self.begun_phases.pop() {
            let open = self.is_open_guard(key);
            // SAFETY: F5: the guard's keep; the thread keeps the heap.
            let _unkeep = unsafe { Unkeep::new(self) };
            self.close_guard(key);
            if open {
                return;
            }
        }
    }

    /// Whether a phase that was begun without a guard was not ended.
    pub(super) fn has_begun_phases(&self) -> bool {
        !self.begun_phases.is_empty()
    }

    /// Ends every phase that was begun without a guard.
    pub(super) fn end_begun_phases(&self) {
        while self.has_begun_phases() {
            self.end_begun_phase();
        }
    }

    /// Charges and seals everything now, for a reader or a new setting.
    pub(crate) fn settle_now(&self) {
        self.settle_context();
        self.reselect();
        self.deliver_events();
    }
}
