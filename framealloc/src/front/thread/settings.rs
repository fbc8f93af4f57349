//! Reading and setting budgets.
//!
//! A thread keeps what it has read of the budgets until their epoch changes. It reads again with every frame sealed, so no
//! lease is out while the rules change.

#![expect(unsafe_code, reason = "follows pointers to nodes of this thread")]

use core::cell::OnceCell;

use super::ThreadHeap;
use super::context::FOLLOWER_BUDGETS;
use super::lease::Payer;
use super::nodes::{PhaseNode, TagNode};
use crate::budget::{Budget, BudgetReset, BudgetStats, Lessor, Link, PlainBudget};
use crate::phase::PhaseId;
use crate::tag::TagId;

impl ThreadHeap {
    /// Reads every budget again if one has changed. Seals all frames first, so no lease is out.
    #[inline]
    pub(super) fn notice_budgets(&self) {
        if self.shared.budgets.epoch() != self.epoch.get() {
            self.rebuild_budgets();
        }
    }

    #[cold]
    fn rebuild_budgets(&self) {
        // Objects of other threads, under tags that this one never entered, were freed here.
        for (tag, _) in self.pool.contributions() {
            // Without memory for a node the tag is read when there is: what was freed is refunded then.
            drop(self.node_of_tag(TagId(tag)));
        }
        // After the backend was asked for the nodes, which may have used a frame (F7).
        self.seal_frames();
        self.epoch.set(self.shared.budgets.epoch());
        // The list is latest first; a parent is older than its children.
        let mut nodes: [Option<&TagNode>; 64] = [None; 64];
        let mut skip = 0;
        let total = self.tag_nodes.iter().count();
        while skip < total {
            let batch = (total - skip).min(nodes.len());
            let oldest_first = self.tag_nodes.iter().skip(total - skip - batch).take(batch);
            oldest_first.zip(nodes[..batch].iter_mut().rev()).for_each(|(node, slot)| *slot = Some(node));
            nodes[..batch].iter().flatten().for_each(|node| self.read_budget_of(node));
            skip += batch;
        }
        self.phase_nodes.iter().for_each(|node| self.read_phase_budget(node));
        self.reselect();
    }

    /// Reads the budget of one tag, after those above it.
    pub(super) fn read_budget_of(&self, node: &TagNode) {
        if let Some(shared) = self.shared.budgets.of_tag(node.tag) {
            if node.link.get().is_none() {
                self.join_budget(node, Link::new(shared.clone()));
            }
            node.link.get_or_init(|| Link::new(shared)).refresh();
            self.budgets.any.set(true);
            self.follow(FOLLOWER_BUDGETS);
        }
        // SAFETY: F3: nodes live as long as the heap.
        let parent = unsafe { node.parent.as_ref() };
        let own = node.link.get();
        node.budgeted.set(own.is_some() || parent.is_some_and(|parent| parent.budgeted.get()));
        // Also a tag that is younger than the budget, which this thread may not have read for the tags above it.
        if self.gates_pool() || self.shared.budgets.covers(&self.shared.tags, node.tag) {
            self.shared.pool.set_metered(node.tag.0, true);
        }
        node.refusing
            .set(own.is_some_and(Lessor::refuses) || parent.is_some_and(|parent| parent.refusing.get()));
    }

    /// This thread takes part in the budget of `node` from now on: what it has alive differs from what the budget was told
    /// when it was set by what it allocated and freed since.
    fn join_budget(&self, node: &TagNode, link: Link) {
        let told = self.shared.budgets.take_told(node.tag, self.record.number);
        let below = self
            .tag_nodes
            .iter()
            .filter(|other| Self::tag_path(other).any(|above| core::ptr::eq(above, node)));
        let live = below.fold(0, |sum: u64, node| sum.wrapping_add(node.cell().live_bytes()));
        let below = |tag: u16| self.shared.tags.ancestry(TagId(tag)).any(|above| above == node.tag);
        let pooled = self.pool.contributions().filter(|(tag, _)| below(*tag)).map(|(_, bytes)| bytes);
        // A pool that was flushed has no accounts any more. What they were when the budget was told is what they were last.
        let pooled = if self.pool.has_exited() { told.pool } else { pooled.sum() };
        let missing = (live.wrapping_sub(told.cells) as i64).wrapping_add(pooled.wrapping_sub(told.pool));
        if missing > 0 {
            let missing = missing.unsigned_abs();
            let owed = link.budget().take_owed(missing);
            if let Some(event) = link.charge(missing - owed) {
                self.remember_event(Payer::Tag(node.tag), event);
            }
        } else {
            link.budget().credit(missing.unsigned_abs());
        }
        link.hold(self.budgets.held(|tag, _| below(tag.0)));
        drop(node.link.set(link));
    }

    pub(super) fn read_phase_budget(&self, node: &PhaseNode) {
        if let Some(setting) = self.shared.budgets.of_phase(node.phase) {
            set_plain(&node.budget, &setting, BudgetReset::PerFrame);
            self.budgets.any.set(true);
            self.follow(FOLLOWER_BUDGETS);
        }
    }

    /// Sets this thread's budget for frame memory.
    pub(crate) fn set_frame_budget(&self, setting: &Budget) {
        self.settle_context();
        let live = if self.budgets.frame.get().is_none() { self.record.live.get() } else { 0 };
        set_plain(&self.budgets.frame, setting, BudgetReset::Never);
        if let Some(plain) = self.budgets.frame.get()
            && let Some(event) = plain.charge(live)
        {
            self.remember_event(Payer::ThreadFrame, event);
        }
        self.budgets.any.set(true);
        self.follow(FOLLOWER_BUDGETS);
        self.reselect();
        self.deliver_events();
    }

    /// Sets this thread's budget for pool memory.
    pub(crate) fn set_pool_budget(&self, setting: &Budget) {
        self.settle_context();
        let allocated: i64 = self.pool.contributions().map(|(_, bytes)| bytes).sum();
        let first = self.budgets.pool.get().is_none();
        set_plain(&self.budgets.pool, setting, BudgetReset::Never);
        if first && let Some(plain) = self.budgets.pool.get() {
            plain.hold(self.budgets.held(|_, pool| pool));
            if let Some(event) = plain.charge(allocated.max(0).unsigned_abs()) {
                self.remember_event(Payer::ThreadPool, event);
            }
        }
        // This thread may free objects of tags that it never enters.
        self.shared.pool.meter_all();
        self.budgets.any.set(true);
        self.follow(FOLLOWER_BUDGETS);
        self.reselect();
        self.deliver_events();
    }

    pub(crate) fn frame_budget(&self) -> Option<BudgetStats> {
        self.before_switch();
        self.budgets.frame.get().map(PlainBudget::stats)
    }

    pub(crate) fn pool_budget(&self) -> Option<BudgetStats> {
        self.budgets.pool.get().map(PlainBudget::stats)
    }

    pub(crate) fn phase_budget(&self, phase: PhaseId) -> Option<BudgetStats> {
        self.before_switch();
        // SAFETY: F3: nodes live as long as the heap.
        let node = unsafe { self.node_of_phase(phase).ok()?.as_ref() };
        node.refresh(self.frame_number());
        node.budget.get().map(PlainBudget::stats)
    }

    /// Whether an allocation of `bytes` under `tag` would be allowed now.
    pub(crate) fn would_fit(&self, tag: TagId, bytes: u64) -> bool {
        self.notice_budgets();
        // SAFETY: F3: nodes live as long as the heap.
        let Ok(node) = self.node_of_tag(tag).map(|node| unsafe { node.as_ref() }) else { return false };
        if !node.budgeted.get() {
            return true;
        }
        self.settle_context();
        Self::tag_path(node).filter_map(|node| node.link.get()).all(|link| link.would_fit(bytes))
    }

    /// Gives every unused reservation back.
    pub(super) fn drain_budgets(&self) {
        self.tag_nodes.iter().filter_map(|node| node.link.get()).for_each(Link::drain);
    }
}

fn set_plain(place: &OnceCell<PlainBudget>, setting: &Budget, resets: BudgetReset) {
    match place.get() {
        // The event of a lowered limit is told at the next charge that passes it.
        Some(plain) => drop(plain.set(setting)),
        None => drop(place.set(PlainBudget::new(setting, resets))),
    }
}
