//! Budgets, as one thread applies them.
//!
//! The chain of a context is: the budgets of its tag and of the tags above it, up to the allocator's at the root; those
//! of its runs, inner first; its phase's; the thread's. Runs and phases are charged for frame memory only: pool and heap
//! objects outlive them. Budgets that can refuse lend leases, the others are charged when
//! a frame is settled. Which of the two a budget does on this thread is fixed when the thread reads it (`rebuild_budgets`,
//! with every frame sealed), so a lease is always settled by the rules it was made under.

#![expect(unsafe_code, reason = "follows pointers to nodes of this thread")]

use core::cell::{Cell, OnceCell, RefCell};
use std::sync::Arc;

use super::ThreadHeap;
use super::context::FOLLOWER_EVENTS;
use super::nodes::TagNode;
use super::open::Place;
use crate::budget::{self, BudgetEvent, BudgetStats, Lessor, Link, OnExceed, PlainBudget};
use crate::diagnostics::{self, Diagnostic};
use crate::error::AllocError;
use crate::events::EventKind;
use crate::phase::PhaseId;
use crate::raw::core::Core;
use crate::sys::caught::Caught;
use crate::system::System;
use crate::tag::TagId;

/// Whose budget it is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Payer {
    Tag(TagId),
    System(&'static System),
    Phase(PhaseId),
    ThreadFrame,
    ThreadPool,
}

/// No object is larger: no address space holds more. The sums that budgets hold of objects in the making stay far below 2^64.
const MOST_BYTES: u64 = 1 << 57;

/// Events of one settling that are told afterwards; further ones are in the budgets' counts.
const EVENTS: usize = 4;

/// What a thread knows about budgets besides those of its nodes.
#[derive(Default)]
pub(super) struct ThreadBudgets {
    pub(super) frame: OnceCell<PlainBudget>,
    pub(super) pool: OnceCell<PlainBudget>,
    /// There is a budget besides those of runs.
    pub(super) any: Cell<bool>,
    events: RefCell<[Option<Event>; EVENTS]>,
    pending: Cell<bool>,
    /// Objects that are being made: whose tag, how many bytes, and whether the pool makes it.
    held: RefCell<Vec<(TagId, u64, bool)>>,
}

/// What is to be told about a budget, and where it came about.
struct Event {
    payer: Payer,
    event: BudgetEvent,
    place: Place,
}

/// The bytes of an object that is being made: leased from every budget of its tag, and given back if it is not made.
struct Held<'h> {
    heap: &'h ThreadHeap,
    node: &'h TagNode,
    bytes: u64,
    pool: bool,
}

impl Held<'_> {
    /// Charges the bytes: the object is made.
    fn charge(self) {
        for member in self.heap.object_chain(self.node, self.pool) {
            if let Some(event) = member.lessor().settle(self.bytes) {
                self.heap.remember_event(member.payer(), event);
            }
        }
        self.heap.budgets.held.borrow_mut().pop();
        core::mem::forget(self);
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        let chain = self.heap.object_chain(self.node, self.pool);
        chain.for_each(|member| member.lessor().give_back(self.bytes));
        self.heap.budgets.held.borrow_mut().pop();
    }
}

/// One budget of a chain.
#[derive(Clone, Copy)]
pub(super) enum Member<'h> {
    Link(&'h Link, TagId),
    Plain(&'h PlainBudget, Payer),
}

impl<'h> Member<'h> {
    fn lessor(self) -> &'h dyn Lessor {
        match self {
            Member::Link(link, _) => link,
            Member::Plain(plain, _) => plain,
        }
    }

    fn payer(self) -> Payer {
        match self {
            Member::Link(_, tag) => Payer::Tag(tag),
            Member::Plain(_, payer) => payer,
        }
    }

    fn charge(self, bytes: u64) -> Option<BudgetEvent> {
        match self {
            Member::Link(link, _) => link.charge(bytes),
            Member::Plain(plain, _) => plain.charge(bytes),
        }
    }

    fn hold(self, bytes: u64) {
        match self {
            Member::Link(link, _) => link.hold(bytes),
            Member::Plain(plain, _) => plain.hold(bytes),
        }
    }

    fn refund(self, bytes: u64) {
        match self {
            Member::Link(link, _) => link.refund(bytes),
            Member::Plain(plain, _) => plain.refund(bytes),
        }
    }

    fn count_refusal(self) {
        match self {
            Member::Link(link, _) => link.budget().count_refusal(),
            Member::Plain(plain, _) => plain.count_refusal(),
        }
    }

    fn stats(self) -> BudgetStats {
        match self {
            Member::Link(link, _) => link.budget().stats(),
            Member::Plain(plain, _) => plain.stats(),
        }
    }
}

impl ThreadHeap {
    fn path_members(node: &TagNode) -> impl Iterator<Item = Member<'_>> + Clone {
        Self::tag_path(node).filter_map(|node| node.link.get().map(|link| Member::Link(link, node.tag)))
    }

    fn run_members(&self) -> impl Iterator<Item = Member<'_>> + Clone {
        // SAFETY: F3: the node of an open run lives as long as the heap.
        self.runs().map(|run| Member::Plain(&run.budget, Payer::System(unsafe { run.node.as_ref() }.system)))
    }

    /// The budgets that frame memory of this context is charged to.
    fn frame_chain(&self) -> impl Iterator<Item = Member<'_>> + Clone {
        let phase = self.phase_node();
        let phase_budget = phase.budget.get().map(|plain| Member::Plain(plain, Payer::Phase(phase.phase)));
        let thread = self.budgets.frame.get().map(|plain| Member::Plain(plain, Payer::ThreadFrame));
        Self::path_members(self.tag_node()).chain(self.run_members()).chain(phase_budget).chain(thread)
    }

    /// The budgets that pool (or heap) objects of `node`'s tag are charged to.
    fn object_chain<'h>(&'h self, node: &'h TagNode, pool: bool) -> impl Iterator<Item = Member<'h>> + Clone {
        let thread =
            self.budgets.pool.get().filter(|_| pool).map(|plain| Member::Plain(plain, Payer::ThreadPool));
        Self::path_members(node).chain(thread)
    }

    /// Leases room for a core to hand out at least `needed` bytes, and up to `want`. Reports nothing.
    ///
    /// # Errors
    ///
    /// The position in the chain of the first budget that refuses, after this thread's other leases were revoked.
    pub(super) fn lease(&self, needed: u64, want: u64) -> Result<u64, usize> {
        self.phase_node().refresh(self.frame_number());
        let ask = || budget::lease(self.frame_chain().map(Member::lessor), needed, want);
        ask().or_else(|_| {
            self.seal_frames();
            ask()
        })
    }

    /// Reports that the budget at `position` of the chain refuses `needed` bytes.
    pub(super) fn refuse_frame(&self, position: usize, needed: u64) -> AllocError {
        self.refuse(self.frame_chain().nth(position), needed)
    }

    /// Asks whether a lease of `needed` bytes would be granted, before memory is taken for them.
    ///
    /// # Errors
    ///
    /// The first budget that refuses, which is reported.
    pub(super) fn probe(&self, needed: u64) -> Result<(), AllocError> {
        let granted = self.lease(needed, needed).map_err(|refusing| self.refuse_frame(refusing, needed))?;
        let members = self.frame_chain().filter(|member| member.lessor().refuses());
        members.for_each(|member| member.lessor().give_back(granted));
        Ok(())
    }

    /// Settles the lease of `core`: `used` bytes are in use, the rest goes back.
    #[cold]
    pub(super) fn settle_lease(&self, core: &Core, used: u64) {
        let unused = (core.limit.get().addr() - core.ptr.get().addr()) as u64;
        for member in self.frame_chain().filter(|member| member.lessor().refuses()) {
            if let Some(event) = member.lessor().settle(used) {
                self.remember_event(member.payer(), event);
            }
            member.lessor().give_back(unused);
        }
        let above = (core.high.get().addr().max(core.ptr.get().addr()) - core.ptr.get().addr()) as u64;
        if above > 0 {
            self.runs().filter(|run| run.budget.refuses()).for_each(|run| run.budget.touch(above));
        }
    }

    /// Charges `used` bytes to the budgets that only warn; `above` more were in use in between.
    #[inline(always)]
    pub(super) fn charge_budgets(&self, used: u64, above: u64) {
        if !self.run.get().is_null() {
            self.charge_runs(used + above);
            if above > 0 {
                self.runs().filter(|run| !run.budget.refuses()).for_each(|run| run.budget.refund(above));
            }
        }
        if self.budgets.any.get() {
            self.charge_others(used, above);
        }
    }

    #[cold]
    fn charge_others(&self, used: u64, above: u64) {
        let of_run = |member: &Member<'_>| matches!(member.payer(), Payer::System(_));
        for member in self.frame_chain().filter(|member| !member.lessor().refuses() && !of_run(member)) {
            if let Some(event) = member.charge(used + above) {
                self.remember_event(member.payer(), event);
            }
            if above > 0 {
                member.refund(above);
            }
        }
    }

    /// Charges the runs whose budgets only warn.
    #[inline(always)]
    pub(super) fn charge_runs(&self, bytes: u64) {
        for member in self.run_members() {
            if !member.lessor().refuses()
                && let Some(event) = member.charge(bytes)
            {
                self.remember_event(member.payer(), event);
            }
        }
    }

    pub(super) fn charge_path(&self, node: &TagNode, bytes: u64) {
        for member in Self::path_members(node) {
            if let Some(event) = member.charge(bytes) {
                self.remember_event(member.payer(), event);
            }
        }
    }

    pub(super) fn refund_path(node: &TagNode, bytes: u64) {
        Self::path_members(node).for_each(|member| member.refund(bytes));
    }

    /// The `charged` bytes of `core` are free again: credits the thread's budget, and the runs that began before `core`
    /// was opened.
    #[inline(always)]
    pub(super) fn refund_budgets(&self, core: &Core, charged: u64) {
        if self.budgets.any.get()
            && let Some(thread) = self.budgets.frame.get()
        {
            thread.refund(charged);
        }
        for run in self.runs() {
            if run.serial < core.serial.get() {
                run.budget.refund(charged);
            }
        }
    }

    /// [`ThreadHeap::charge_object`] by the number of the tag.
    ///
    /// # Errors
    ///
    /// The first budget that refuses.
    pub(crate) fn charge_tag(
        &self,
        tag: TagId,
        bytes: u64,
        pool: bool,
        make: impl FnOnce() -> bool,
    ) -> Result<(), AllocError> {
        // SAFETY: F3: nodes live as long as the heap.
        self.charge_object(unsafe { self.node_of_tag(tag)?.as_ref() }, bytes, pool, make)
    }

    /// Makes an object of the pool, or of the heap, if the budgets of `node`'s tag allow it. Counts and charges it if `make`
    /// made it; `make` is not asked for more than an address space holds. Then the reports run about it: where one panics, the
    /// object is its maker's to free, as others are.
    ///
    /// # Errors
    ///
    /// The first budget that refuses: nothing is made.
    pub(super) fn charge_object(
        &self,
        node: &TagNode,
        bytes: u64,
        pool: bool,
        make: impl FnOnce() -> bool,
    ) -> Result<(), AllocError> {
        if bytes > MOST_BYTES {
            return Ok(());
        }
        let held = self.hold_object(node, bytes, pool)?;
        if make() {
            if !pool {
                node.count_heap(bytes);
            }
            held.charge();
        } else {
            drop(held);
        }
        self.deliver_events();
        Ok(())
    }

    fn hold_object<'h>(&'h self, node: &'h TagNode, bytes: u64, pool: bool) -> Result<Held<'h>, AllocError> {
        self.notice_budgets();
        if self.object_chain(node, pool).next().is_some() {
            self.before_switch();
        }
        let chain = self.object_chain(node, pool);
        let ask = || budget::lease(chain.clone().map(Member::lessor), bytes, bytes);
        ask()
            .or_else(|_| {
                self.seal_frames();
                ask()
            })
            .map_err(|position| self.refuse(chain.clone().nth(position), bytes))?;
        // A budget that does not refuse may come to do so while the object is made: it is held from all of them.
        chain.filter(|member| !member.lessor().refuses()).for_each(|member| member.hold(bytes));
        crate::tracking::exempt(|| self.budgets.held.borrow_mut().push((node.tag, bytes, pool)));
        Ok(Held { heap: self, node, bytes, pool })
    }

    /// A pool object of `tag` was freed on this thread.
    ///
    /// # Errors
    ///
    /// When there is no memory for the tag's node; then its budgets were credited nothing.
    pub(crate) fn refund_pool(&self, tag: TagId, bytes: u64) -> Result<(), AllocError> {
        // While another allocator's pool is this thread's current one, no ledger tells a budget that is read later.
        self.notice_budgets();
        // SAFETY: F3: nodes live as long as the heap.
        let node = self.node_of_tag(tag).map(|node| unsafe { node.as_ref() });
        match node {
            Ok(node) => self.object_chain(node, true).for_each(|member| member.refund(bytes)),
            Err(_) => self.budgets.pool.get().into_iter().for_each(|plain| plain.refund(bytes)),
        }
        node.map(drop)
    }

    #[cold]
    fn refuse(&self, member: Option<Member<'_>>, requested: u64) -> AllocError {
        let Some(member) = member else {
            return AllocError::Unsupported { what: "a budget that refused and is gone" };
        };
        member.count_refusal();
        let stats = member.stats();
        // What a report costs is not the program's.
        let error = crate::tracking::exempt(|| {
            let name = self.payer_name(member.payer());
            let error = stats.refusal(name.clone(), requested);
            let (limit, used) = (stats.limit, stats.used);
            self.tell_subscribers(|| EventKind::BudgetRefused {
                budget: name.clone(),
                limit,
                used,
                requested,
            });
            self.report(Diagnostic::new(&diagnostics::FA312, error.to_string()).with_suggestion(format!(
                "raise the budget of {}, free memory charged to it, or handle the error of the `try_` form",
                self.payer_place(member.payer())
            )));
            error
        });
        let lenient = std::thread::panicking() || super::local::is_exiting();
        assert!(stats.on_exceed != OnExceed::Panic || lenient, "{error}");
        error
    }

    pub(super) fn remember_event(&self, payer: Payer, event: BudgetEvent) {
        let mut events = self.budgets.events.borrow_mut();
        if let Some(slot) = events.iter_mut().find(|slot| slot.is_none()) {
            *slot = Some(Event { payer, event, place: self.place() });
        }
        self.announce();
    }

    /// There is something to tell at the next opportunity.
    pub(super) fn announce(&self) {
        self.budgets.pending.set(true);
        self.follow(FOLLOWER_EVENTS);
    }

    /// Tells the sinks what the last charges brought about (F7: everything is committed by now). In strict mode this
    /// panics.
    #[inline(always)]
    pub(super) fn deliver_events(&self) {
        if self.budgets.pending.get() {
            self.deliver_pending();
        }
    }

    #[cold]
    fn deliver_pending(&self) {
        self.budgets.pending.set(false);
        self.unfollow(FOLLOWER_EVENTS);
        let events = self.budgets.events.take();
        self.tell_news();
        let mut panic = Caught::default();
        for Event { payer, event, place } in events.into_iter().flatten() {
            panic.catch(|| self.tell_budget_event(payer, event, place));
        }
        panic.resume();
    }

    /// Tells the subscribers and the sinks about a budget. In strict mode this panics.
    pub(crate) fn tell_budget_event(&self, payer: Payer, event: BudgetEvent, place: Place) {
        crate::tracking::exempt(|| {
            let name = self.payer_name(payer);
            self.tell_subscribers(|| EventKind::BudgetPassed { budget: name.clone(), event });
            self.report_from(place, event.diagnostic(&name, &self.payer_place(payer)));
        });
    }

    /// Pool objects are charged one by one whatever their tag: the thread's budget or the behaviour filter wants them.
    pub(super) fn gates_pool(&self) -> bool {
        self.budgets.pool.get().is_some() || self.shared.behavior.is_on()
    }

    fn payer_name(&self, payer: Payer) -> Arc<str> {
        match payer {
            Payer::Tag(TagId::UNTAGGED) => "the allocator".into(),
            Payer::Tag(tag) => format!("tag {}", self.shared.tags.path(tag)).into(),
            Payer::System(system) => format!("system {}", system.info().name).into(),
            Payer::Phase(phase) => format!("phase {}", self.shared.phases.name(phase)).into(),
            Payer::ThreadFrame => "thread frame".into(),
            Payer::ThreadPool => "thread pool".into(),
        }
    }

    /// [`ThreadHeap::payer_name`], with the place of a declaration in the source.
    fn payer_place(&self, payer: Payer) -> Arc<str> {
        let name = self.payer_name(payer);
        match payer {
            Payer::System(system) => {
                let info = system.info();
                format!("{name} ({}:{})", info.file, info.line).into()
            }
            _ => name,
        }
    }
}

impl ThreadBudgets {
    /// Bytes of the objects that are being made, if `wanted` says so of their tag and of whether the pool makes them.
    pub(super) fn held(&self, wanted: impl Fn(TagId, bool) -> bool) -> u64 {
        let held = self.held.borrow();
        held.iter().filter(|(tag, _, pool)| wanted(*tag, *pool)).map(|(_, bytes, _)| bytes).sum()
    }

    /// The budget of the phase or the thread can refuse frame memory.
    #[inline(always)]
    pub(super) fn refusing(&self, heap: &ThreadHeap) -> bool {
        self.any.get() && self.others_refuse(heap)
    }

    #[cold]
    fn others_refuse(&self, heap: &ThreadHeap) -> bool {
        [self.frame.get(), heap.phase_node().budget.get()].into_iter().flatten().any(Lessor::refuses)
    }
}
