//! A budget with one owner.

use core::cell::Cell;

use super::lease::Lessor;
use super::setting::{Budget, OnExceed};
use super::stats::{BudgetEvent, BudgetReset, BudgetStats};

/// The budget of a system's run, of a phase or of a thread: plain numbers of the thread that owns it.
#[derive(Debug)]
pub(crate) struct PlainBudget {
    limit: Cell<u64>,
    soft: Cell<u64>,
    on_exceed: Cell<OnExceed>,
    resets: BudgetReset,
    used: Cell<u64>,
    leased: Cell<u64>,
    peak: Cell<u64>,
    overruns: Cell<u64>,
    refusals: Cell<u64>,
}

impl PlainBudget {
    /// A budget of which nothing is used.
    pub(crate) fn new(budget: &Budget, resets: BudgetReset) -> Self {
        Self {
            limit: Cell::new(budget.limit()),
            soft: Cell::new(budget.soft_bytes()),
            on_exceed: Cell::new(budget.reaction()),
            resets,
            used: Cell::new(0),
            leased: Cell::new(0),
            peak: Cell::new(0),
            overruns: Cell::new(0),
            refusals: Cell::new(0),
        }
    }

    /// Changes the setting; a lower limit binds from the next lease. An event when the bytes in use are above the new
    /// limit of a budget that warns.
    pub(crate) fn set(&self, budget: &Budget) -> Option<BudgetEvent> {
        let before = self.limit.replace(budget.limit());
        self.soft.set(budget.soft_bytes());
        self.on_exceed.set(budget.reaction());
        let (used, limit) = (self.used.get(), budget.limit());
        if budget.reaction() == OnExceed::Warn && used > limit && used <= before {
            self.overruns.set(self.overruns.get() + 1);
            return Some(BudgetEvent::Exceeded { used, limit });
        }
        None
    }

    /// Charges bytes that were served without a lease: those of a budget that only warns.
    pub(crate) fn charge(&self, bytes: u64) -> Option<BudgetEvent> {
        let before = self.used.get();
        let after = before.saturating_add(bytes);
        self.used.set(after);
        if after > self.peak.get() {
            self.peak.set(after);
        }
        if after < self.soft.get() {
            return None;
        }
        let event = BudgetEvent::of(before, after, self.soft.get(), self.limit.get(), self.on_exceed.get());
        if matches!(event, Some(BudgetEvent::Exceeded { .. })) {
            self.overruns.set(self.overruns.get() + 1);
        }
        event
    }

    /// Leases `bytes` whatever the limit says.
    pub(crate) fn hold(&self, bytes: u64) {
        self.leased.set(self.leased.get() + bytes);
    }

    /// Whether `bytes` more would pass neither threshold.
    #[inline(always)]
    pub(crate) fn is_quiet_with(&self, bytes: u64) -> bool {
        self.used.get() + bytes < self.soft.get()
    }

    /// Counts that `bytes` more were in use for a moment.
    #[inline(always)]
    pub(crate) fn note_peak_with(&self, bytes: u64) {
        self.peak.set(self.peak.get().max(self.used.get() + bytes));
    }

    /// `above` more bytes were in use since the last charge, and are free again.
    pub(crate) fn touch(&self, above: u64) {
        self.peak.set(self.peak.get().max(self.used.get().saturating_add(above)));
    }

    /// Takes back charged bytes that were freed.
    pub(crate) fn refund(&self, bytes: u64) {
        self.used.set(self.used.get().saturating_sub(bytes));
    }

    /// Starts a new run or frame: nothing is used. Leases that are out stay out; peak and counts stay.
    pub(crate) fn reset(&self) {
        self.used.set(0);
    }

    /// Starts over for a new run: nothing is used, leased or counted.
    pub(crate) fn restart(&self) {
        for field in [&self.used, &self.leased, &self.peak, &self.overruns, &self.refusals] {
            field.set(0);
        }
    }

    /// The most bytes that were in use.
    #[inline(always)]
    pub(crate) fn peak(&self) -> u64 {
        self.peak.get()
    }

    /// How often the limit was passed and the request served.
    #[inline(always)]
    pub(crate) fn overruns(&self) -> u64 {
        self.overruns.get()
    }

    /// Requests that were refused.
    #[inline(always)]
    pub(crate) fn refusals(&self) -> u64 {
        self.refusals.get()
    }

    /// Counts a request that was finally refused.
    #[cold]
    pub(crate) fn count_refusal(&self) {
        self.refusals.set(self.refusals.get() + 1);
    }

    /// The state as of the last settling.
    pub(crate) fn stats(&self) -> BudgetStats {
        BudgetStats {
            limit: self.limit.get(),
            soft: self.soft.get(),
            on_exceed: self.on_exceed.get(),
            resets: self.resets,
            used: self.used.get(),
            peak: self.peak.get(),
            reserved: self.used.get().saturating_add(self.leased.get()),
            overruns: self.overruns.get(),
            refusals: self.refusals.get(),
        }
    }

    fn free(&self) -> u64 {
        self.limit.get().saturating_sub(self.used.get()).saturating_sub(self.leased.get())
    }
}

impl Lessor for PlainBudget {
    fn refuses(&self) -> bool {
        self.on_exceed.get() != OnExceed::Warn
    }

    fn remainder(&self, _request: u64, _want: u64) -> u64 {
        self.free()
    }

    fn take(&self, bytes: u64) {
        debug_assert!(bytes <= self.free());
        self.hold(bytes);
    }

    fn give_back(&self, bytes: u64) {
        debug_assert!(bytes <= self.leased.get());
        self.leased.set(self.leased.get().saturating_sub(bytes));
    }

    fn settle(&self, bytes: u64) -> Option<BudgetEvent> {
        self.give_back(bytes);
        self.charge(bytes)
    }
}
