//! The budgets of one allocator, as they were set.

use core::sync::atomic::{AtomicU64, Ordering};
use std::collections::HashMap;
use std::sync::Arc;

use crate::budget::{Budget, BudgetEvent, SharedBudget};
use crate::phase::PhaseId;
use crate::sys::sync::{Mutex, lock};
use crate::tag::{TagId, TagTable};

/// Budgets by tag and phase; the allocator's own is that of the untagged root. Threads keep what they read, and read
/// again when the epoch has changed.
#[derive(Default)]
pub(crate) struct BudgetBook {
    epoch: AtomicU64,
    entries: Mutex<Entries>,
}

/// Bytes that a budget was told one thread has.
#[derive(Clone, Copy, Default)]
pub(crate) struct Told {
    /// In frames and heap, modulo 2^64.
    pub(crate) cells: u64,
    /// Of the pool: allocated less freed.
    pub(crate) pool: i64,
}

#[derive(Default)]
struct Entries {
    tags: HashMap<TagId, Arc<SharedBudget>>,
    phases: HashMap<PhaseId, Budget>,
    /// What a tag's budget was told that a thread's record has, until that thread reads the budget.
    told: HashMap<(TagId, u64), Told>,
}

impl BudgetBook {
    /// Changes with every setting. Who sees it change sees what was set before it did, also what is not in this book.
    #[inline(always)]
    pub(crate) fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::Acquire)
    }

    /// Lets every thread read the settings again.
    pub(crate) fn renew(&self) {
        self.epoch.fetch_add(1, Ordering::Release);
    }

    /// Runs `work` if `epoch` is the last one, and says whether it did: what the caller counted before is in the reading of
    /// every budget that is set, and none is set meanwhile.
    pub(crate) fn in_epoch(&self, epoch: u64, work: impl FnOnce()) -> bool {
        let _entries = lock(&self.entries);
        let same = self.epoch() == epoch;
        if same {
            work();
        }
        same
    }

    /// Sets the budget of a tag. If it has none yet, `read` says how many bytes are in use, and how many of them the records
    /// of living threads have (by their numbers). No thread gives its record up between the reading and the new epoch.
    pub(crate) fn set_tag(
        &self,
        tag: TagId,
        budget: &Budget,
        read: impl FnOnce() -> (u64, HashMap<u64, Told>),
    ) -> Option<BudgetEvent> {
        let mut entries = lock(&self.entries);
        let event = match entries.tags.get(&tag) {
            Some(shared) => shared.set(budget),
            None => {
                let (used, threads) = read();
                entries.tags.insert(tag, Arc::new(SharedBudget::new(budget, used)));
                entries.told.extend(threads.into_iter().map(|(record, bytes)| ((tag, record), bytes)));
                None
            }
        };
        self.renew();
        event
    }

    /// Sets each thread's budget for a phase in one frame.
    pub(crate) fn set_phase(&self, phase: PhaseId, budget: &Budget) {
        lock(&self.entries).phases.insert(phase, *budget);
        self.renew();
    }

    pub(crate) fn of_tag(&self, tag: TagId) -> Option<Arc<SharedBudget>> {
        lock(&self.entries).tags.get(&tag).cloned()
    }

    /// The budgets of tags, by tag.
    pub(crate) fn of_tags(&self) -> Vec<(TagId, Arc<SharedBudget>)> {
        let entries = lock(&self.entries);
        let mut budgets: Vec<_> = entries.tags.iter().map(|(tag, shared)| (*tag, shared.clone())).collect();
        budgets.sort_by_key(|(tag, _)| *tag);
        budgets
    }

    /// The phases that have a budget.
    pub(crate) fn of_phases(&self) -> Vec<PhaseId> {
        let mut phases: Vec<_> = lock(&self.entries).phases.keys().copied().collect();
        phases.sort_unstable();
        phases
    }

    /// What the budget of `tag` was told that the thread of this record has. Answers once.
    pub(crate) fn take_told(&self, tag: TagId, record: u64) -> Told {
        lock(&self.entries).told.remove(&(tag, record)).unwrap_or_default()
    }

    pub(crate) fn of_phase(&self, phase: PhaseId) -> Option<Budget> {
        lock(&self.entries).phases.get(&phase).copied()
    }

    /// Whether `tag`, or one above it, or the allocator has a budget.
    pub(crate) fn covers(&self, tags: &TagTable, tag: TagId) -> bool {
        let entries = lock(&self.entries);
        tags.ancestry(tag).any(|tag| entries.tags.contains_key(&tag))
    }

    /// Credits `tag` and those above it on behalf of a thread that has no heap here, and counts that with `count`: both before
    /// a reading, or both after it.
    pub(crate) fn credit(&self, tags: &TagTable, tag: TagId, bytes: u64, count: impl FnOnce()) {
        let entries = lock(&self.entries);
        count();
        tags.ancestry(tag).filter_map(|tag| entries.tags.get(&tag)).for_each(|shared| shared.credit(bytes));
    }
}
