//! What frame ends produced, until somebody takes it.

#![forbid(unsafe_code)]

use core::fmt;
use std::sync::Arc;

use super::node::Settled;
use super::store::{Promoted, Stored};
use crate::retention::{FailureReason, FrameSummary, PromotionTotals, RetentionPolicy};
use crate::sys::sync::{Mutex, lock};

/// What came out of the frames that ended since the last result was taken.
#[derive(Debug)]
#[must_use = "promoted values that nobody takes are dropped with the result"]
pub struct PromotionResult {
    /// What happened, in numbers.
    pub summary: FrameSummary,
    /// The values.
    pub promotions: Promotions,
}

/// Values that left their frames. What nobody takes is dropped with it.
#[derive(Default)]
pub struct Promotions {
    items: Vec<Item>,
}

struct Item {
    entry: PromotionEntry,
    stored: Option<Stored>,
}

/// One line of [`Promotions::iter`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PromotionEntry {
    /// The name it is taken by.
    pub name: &'static str,
    /// Its declared future.
    pub policy: RetentionPolicy,
    /// Size of the value.
    pub bytes: usize,
    /// The tag it was retained under.
    pub tag: Arc<str>,
    /// Why it did not get where it should; `None` when it did.
    pub failure: Option<FailureReason>,
}

impl Promotions {
    /// Takes the first value of this name and type that reached its target.
    pub fn take<T: 'static>(&mut self, name: &str) -> Option<Promoted<T>> {
        self.take_where(name, |entry| entry.failure.is_none())
    }

    /// Takes the first value of this name and type whose target refused it: [`Promoted::Refused`].
    pub fn take_failed<T: 'static>(&mut self, name: &str) -> Option<Promoted<T>> {
        self.take_where(name, |entry| entry.failure.is_some())
    }

    fn take_where<T: 'static>(
        &mut self,
        name: &str,
        wanted: impl Fn(&PromotionEntry) -> bool,
    ) -> Option<Promoted<T>> {
        let matches = |item: &Item| {
            item.entry.name == name
                && wanted(&item.entry)
                && item.stored.as_ref().is_some_and(Stored::is::<T>)
        };
        let index = self.items.iter().position(matches)?;
        self.items.remove(index).stored?.take().ok()
    }

    /// What is here, in the order in which the frames ended.
    pub fn iter(&self) -> impl Iterator<Item = &PromotionEntry> {
        self.items.iter().map(|item| &item.entry)
    }

    /// What did not reach its target, and why.
    pub fn failed(&self) -> impl Iterator<Item = &PromotionEntry> {
        self.iter().filter(|entry| entry.failure.is_some())
    }

    /// Number of values here.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }
}

impl fmt::Debug for Promotions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// Collects what frames of all threads produce. Bounded.
pub(crate) struct PromotionQueue {
    state: Mutex<State>,
    totals: Mutex<PromotionTotals>,
    capacity: usize,
}

#[derive(Default)]
struct State {
    items: Vec<Item>,
    summary: Option<FrameSummary>,
}

impl PromotionQueue {
    pub(crate) fn new(capacity: usize) -> Self {
        Self { state: Mutex::default(), totals: Mutex::default(), capacity }
    }

    /// Adds what became of one value; returns it when the queue is full.
    pub(crate) fn push(
        &self,
        settled: Settled,
        frame: u64,
        tag: &Arc<str>,
        phase: &Arc<str>,
    ) -> Result<(), Settled> {
        let outcome = settled.failure.map_or(Ok(()), Err);
        lock(&self.totals).record(settled.policy, outcome.is_ok(), settled.bytes as u64);
        let mut state = lock(&self.state);
        let summary = state.summary.get_or_insert_with(|| FrameSummary::new(frame));
        summary.record(settled.policy, outcome, settled.bytes as u64, tag, phase);
        if settled.stored.is_none() && settled.failure.is_none() {
            return Ok(());
        }
        if state.items.len() == self.capacity {
            return Err(settled);
        }
        let Settled { name, policy, bytes, stored, failure, .. } = settled;
        state
            .items
            .push(Item { entry: PromotionEntry { name, policy, bytes, tag: tag.clone(), failure }, stored });
        Ok(())
    }

    /// What became of all values so far.
    pub(crate) fn totals(&self) -> PromotionTotals {
        *lock(&self.totals)
    }

    /// Takes everything.
    pub(crate) fn take(&self, frame: u64) -> PromotionResult {
        let state = core::mem::take(&mut *lock(&self.state));
        let mut summary = state.summary.unwrap_or_else(|| FrameSummary::new(frame));
        summary.frame = frame;
        PromotionResult { summary, promotions: Promotions { items: state.items } }
    }

    /// Takes the summary and leaves the values.
    pub(crate) fn take_summary(&self, frame: u64) -> FrameSummary {
        let mut summary = lock(&self.state).summary.take().unwrap_or_else(|| FrameSummary::new(frame));
        summary.frame = frame;
        summary
    }
}
