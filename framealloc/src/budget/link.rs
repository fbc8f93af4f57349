//! One thread's end of a shared budget.

use core::cell::Cell;
use std::sync::Arc;

use super::lease::Lessor;
use super::setting::OnExceed;
use super::shared::{SLAB, SharedBudget};
use super::stats::BudgetEvent;

/// What one thread has reserved from a [`SharedBudget`] and neither used nor leased. Dropping it gives that back.
#[derive(Debug)]
pub(crate) struct Link {
    budget: Arc<SharedBudget>,
    left: Cell<u64>,
    /// Whether the budget refused when this thread last read it: leases are settled by the rule they were made under.
    refuses: Cell<bool>,
}

impl Link {
    /// A link that holds nothing yet.
    pub(crate) fn new(budget: Arc<SharedBudget>) -> Self {
        let refuses = budget.on_exceed() != OnExceed::Warn;
        Self { budget, left: Cell::new(0), refuses: Cell::new(refuses) }
    }

    /// Reads the setting again: whether the budget refuses, and how much of what this thread holds a lower limit leaves
    /// it, which is nothing. No lease of this thread may be out.
    pub(crate) fn refresh(&self) {
        self.drain();
        self.refuses.set(self.budget.on_exceed() != OnExceed::Warn);
    }

    /// The budget it draws on.
    pub(crate) fn budget(&self) -> &Arc<SharedBudget> {
        &self.budget
    }

    /// Bytes this thread holds unused and unleased.
    #[cfg(test)]
    pub(crate) fn left(&self) -> u64 {
        self.left.get()
    }

    /// Whether this thread would be given `bytes` now, its own leases apart.
    pub(crate) fn would_fit(&self, bytes: u64) -> bool {
        self.budget.would_fit(bytes.saturating_sub(self.left.get()))
    }

    /// Charges bytes that were served without a lease: those of a budget that only warns.
    pub(crate) fn charge(&self, bytes: u64) -> Option<BudgetEvent> {
        self.hold(bytes);
        self.budget.settle(bytes)
    }

    /// Leases `bytes` whatever the limit says.
    pub(crate) fn hold(&self, bytes: u64) {
        let left = self.left.get();
        let own = left.min(bytes);
        self.left.set(left - own);
        if own < bytes {
            self.budget.force(bytes - own);
        }
    }

    /// Takes back charged bytes that were freed; this thread may use them again at once. What it holds above two slabs
    /// goes to the other threads, and what is above the limit to nobody.
    pub(crate) fn refund(&self, bytes: u64) {
        let charged = self.budget.unuse(bytes);
        self.keep(charged);
    }

    /// Gives everything it holds to the other threads. Leases of its frames stay out.
    pub(crate) fn drain(&self) {
        let left = self.left.take();
        if left > 0 {
            self.budget.release(left);
        }
    }

    fn keep(&self, bytes: u64) {
        let mut left = self.left.get() + bytes;
        // What is above the limit, which was lowered or set late, is nobody's to use again.
        let excess = self.budget.excess().min(left);
        if excess > 0 {
            self.budget.release(excess);
            left -= excess;
        }
        if left > 2 * SLAB {
            self.left.set(SLAB);
            self.budget.release(left - SLAB);
        } else {
            self.left.set(left);
        }
    }
}

impl Lessor for Link {
    fn refuses(&self) -> bool {
        self.refuses.get()
    }

    fn remainder(&self, request: u64, want: u64) -> u64 {
        let left = self.left.get();
        if left >= want.min(SLAB).max(request) {
            return left;
        }
        let missing = request.saturating_sub(left);
        let left = left + self.budget.reserve(missing.max(SLAB), missing).unwrap_or(0);
        self.left.set(left);
        left
    }

    fn take(&self, bytes: u64) {
        debug_assert!(bytes <= self.left.get());
        self.left.set(self.left.get().saturating_sub(bytes));
    }

    fn give_back(&self, bytes: u64) {
        self.keep(bytes);
    }

    fn settle(&self, bytes: u64) -> Option<BudgetEvent> {
        self.budget.settle(bytes)
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.drain();
    }
}
