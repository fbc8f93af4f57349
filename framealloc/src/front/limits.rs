//! Budgets.

#![forbid(unsafe_code)]

use super::smart_alloc::SmartAlloc;
use super::thread::Payer;
use crate::budget::{Budget, BudgetStats};
use crate::frame::fail;
use crate::tag::TagId;

fn checked(budget: impl Into<Budget>) -> Budget {
    let budget = budget.into();
    match budget.validate() {
        Ok(()) => budget,
        Err(error) => fail(error),
    }
}

/// Budgets. All of them panic when the budget itself is impossible (a soft limit above the hard one).
impl SmartAlloc {
    /// Limits the bytes that `tag` (a path from the root) and the tags below it have alive, in frames, pool and heap, on
    /// all threads together.
    ///
    /// A refusing budget is never exceeded by a byte. A thread may be refused early by what other threads hold reserved:
    /// at most two slabs of 64 KiB each, and their frames' leases.
    ///
    /// ```
    /// use framealloc::{AllocError, Budget, OnExceed, SmartAlloc};
    ///
    /// let alloc = SmartAlloc::with_defaults();
    /// alloc.set_tag_budget("audio", Budget::bytes(1024).on_exceed(OnExceed::Fail));
    /// let _audio = alloc.tag_scope("audio");
    /// let frame = alloc.frame();
    /// assert!(frame.try_alloc([0_u8; 1024]).is_ok());
    /// assert!(matches!(frame.try_alloc(1_u8), Err(AllocError::BudgetExceeded { .. })));
    /// ```
    #[track_caller]
    pub fn set_tag_budget(&self, tag: &str, budget: impl Into<Budget>) {
        let budget = checked(budget);
        match self.shared.tags.child(TagId::UNTAGGED, tag) {
            Ok(tag) => self.set_budget_of(tag, budget),
            Err(error) => fail(error),
        }
    }

    /// Limits the bytes that the whole allocator has handed out and that are alive, on all threads together.
    #[track_caller]
    pub fn set_budget(&self, budget: impl Into<Budget>) {
        self.set_budget_of(TagId::UNTAGGED, checked(budget));
    }

    fn set_budget_of(&self, tag: TagId, budget: Budget) {
        crate::tracking::exempt(|| {
            self.heap().settle_now();
            let read = || {
                // A free that is not told from now on was done before the reading. Threads add the tags that they meet later.
                self.shared.meter_pool(|of| self.shared.tags.ancestry(of).any(|of| of == tag));
                self.live_bytes_of(tag)
            };
            if let Some(event) = self.shared.budgets.set_tag(tag, &budget, read) {
                let heap = self.heap();
                heap.tell_budget_event(Payer::Tag(tag), event, heap.place());
            }
            self.heap().settle_now();
        });
    }

    /// Limits the frame bytes that each thread allocates in a phase during one frame.
    #[track_caller]
    pub fn set_phase_budget(&self, phase: &str, budget: impl Into<Budget>) {
        let budget = checked(budget);
        match self.shared.phases.intern(phase) {
            Ok(phase) => {
                self.shared.budgets.set_phase(phase, &budget);
                self.heap().settle_now();
            }
            Err(error) => fail(error),
        }
    }

    /// Limits the frame bytes that this thread has alive.
    #[track_caller]
    pub fn set_thread_frame_budget(&self, budget: impl Into<Budget>) {
        self.heap().set_frame_budget(&checked(budget));
    }

    /// Limits the pool bytes that this thread takes: what it allocated less what it freed, whoever made that, and never
    /// less than nothing. Frees of its objects on other threads do not count.
    #[track_caller]
    pub fn set_thread_pool_budget(&self, budget: impl Into<Budget>) {
        self.heap().set_pool_budget(&checked(budget));
    }

    /// Whether an allocation of `bytes` under `tag` (a path from the root) would be within its budgets now. Another
    /// thread may be faster. A tag that was never used has the budgets of those above it, and is not made by asking.
    pub fn would_fit(&self, tag: &str, bytes: usize) -> bool {
        match self.shared.tags.nearest(tag) {
            Ok(tag) => self.heap().would_fit(tag, bytes as u64),
            Err(_) => false,
        }
    }

    /// The budget of a tag (a path from the root), if it has one.
    pub fn tag_budget(&self, tag: &str) -> Option<BudgetStats> {
        self.heap().settle_now();
        Some(self.shared.budgets.of_tag(self.shared.tags.find(tag)?)?.stats())
    }

    /// The budget of the whole allocator, if it has one.
    pub fn budget(&self) -> Option<BudgetStats> {
        self.heap().settle_now();
        Some(self.shared.budgets.of_tag(TagId::UNTAGGED)?.stats())
    }

    /// This thread's budget for a phase, if it has one.
    pub fn phase_budget(&self, phase: &str) -> Option<BudgetStats> {
        self.heap().phase_budget(self.shared.phases.find(phase)?)
    }

    /// This thread's budget for frame memory, if it has one.
    pub fn thread_frame_budget(&self) -> Option<BudgetStats> {
        self.heap().frame_budget()
    }

    /// This thread's budget for pool memory, if it has one.
    pub fn thread_pool_budget(&self) -> Option<BudgetStats> {
        self.heap().pool_budget()
    }
}
