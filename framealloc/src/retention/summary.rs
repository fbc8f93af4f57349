//! What became of the retained values of a frame.

use core::fmt;
use std::sync::Arc;

use super::policy::RetentionPolicy;

/// Why a value could not be promoted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FailureReason {
    /// A budget refused the bytes.
    BudgetExceeded,
    /// The target takes no value of this size.
    TooLarge,
    /// The scratch pool has no room left.
    ScratchFull,
    /// Its `Retained` was neither dropped nor released before an ambient frame ended.
    HandleAlive,
    /// The backend has no memory left.
    OutOfMemory,
}

impl fmt::Display for FailureReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::BudgetExceeded => "a budget refused it",
            Self::TooLarge => "it is too large for the target",
            Self::ScratchFull => "the scratch pool is full",
            Self::HandleAlive => "its handle is still alive",
            Self::OutOfMemory => "no memory is left",
        })
    }
}

/// How many promotions failed, by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct FailureCounts {
    /// Failed with [`FailureReason::BudgetExceeded`].
    pub budget_exceeded: u64,
    /// Failed with [`FailureReason::TooLarge`].
    pub too_large: u64,
    /// Failed with [`FailureReason::ScratchFull`].
    pub scratch_full: u64,
    /// Failed with [`FailureReason::HandleAlive`].
    pub handle_alive: u64,
    /// Failed with [`FailureReason::OutOfMemory`].
    pub out_of_memory: u64,
}

impl FailureCounts {
    /// The count of one reason.
    #[must_use]
    pub fn get(&self, reason: FailureReason) -> u64 {
        let mut copy = *self;
        *copy.slot(reason)
    }

    /// All of them.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.budget_exceeded + self.too_large + self.scratch_full + self.handle_alive + self.out_of_memory
    }

    fn slot(&mut self, reason: FailureReason) -> &mut u64 {
        match reason {
            FailureReason::BudgetExceeded => &mut self.budget_exceeded,
            FailureReason::TooLarge => &mut self.too_large,
            FailureReason::ScratchFull => &mut self.scratch_full,
            FailureReason::HandleAlive => &mut self.handle_alive,
            FailureReason::OutOfMemory => &mut self.out_of_memory,
        }
    }
}

/// The part of a [`FrameSummary`] that one tag or one phase has.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SummaryRow {
    /// The tag's path or the phase's name.
    pub name: Arc<str>,
    /// Bytes of values that were dropped with the frame.
    pub discarded_bytes: u64,
    /// Bytes of values that moved to pool, heap or scratch.
    pub promoted_bytes: u64,
    /// Bytes of values that stay for ever.
    pub leaked_bytes: u64,
    /// Bytes of values whose promotion failed.
    pub failed_bytes: u64,
    /// Values of all four kinds.
    pub count: u64,
}

/// What one frame end did with the retained values. Bytes are the sizes of the values themselves.
///
/// Each value is in exactly one of the sums of bytes, once in `by_tag` and once in `by_phase`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct FrameSummary {
    /// The number of the frame that ended.
    pub frame: u64,
    /// Values that were retained in it.
    pub count: u64,
    /// Bytes of values that were dropped with the frame.
    pub discarded_bytes: u64,
    /// Bytes of values that moved to the pool.
    pub promoted_pool_bytes: u64,
    /// Bytes of values that moved to the heap.
    pub promoted_heap_bytes: u64,
    /// Bytes of values that moved to a scratch pool.
    pub promoted_scratch_bytes: u64,
    /// Bytes of values that stay for ever.
    pub leaked_bytes: u64,
    /// Bytes of values whose promotion failed.
    pub failed_bytes: u64,
    /// Values whose promotion failed.
    pub failed_count: u64,
    /// The same by reason.
    pub failures_by_reason: FailureCounts,
    /// The sums of each tag, in the order in which tags first appeared.
    pub by_tag: Vec<SummaryRow>,
    /// The sums of each phase, in the order in which phases first appeared.
    pub by_phase: Vec<SummaryRow>,
}

impl FrameSummary {
    /// A summary of frame number `frame` without any value.
    pub(crate) fn new(frame: u64) -> Self {
        Self { frame, ..Self::default() }
    }

    /// Bytes of values that moved to pool, heap or scratch.
    #[must_use]
    pub fn promoted_bytes(&self) -> u64 {
        self.promoted_pool_bytes + self.promoted_heap_bytes + self.promoted_scratch_bytes
    }

    /// Adds one value: what it was to become, and whether that worked.
    pub(crate) fn record(
        &mut self,
        policy: RetentionPolicy,
        outcome: Result<(), FailureReason>,
        bytes: u64,
        tag: &Arc<str>,
        phase: &Arc<str>,
    ) {
        self.count += 1;
        for row in [row(&mut self.by_tag, tag), row(&mut self.by_phase, phase)] {
            row.count += 1;
            *match (outcome, policy) {
                (Err(_), _) => &mut row.failed_bytes,
                (Ok(()), RetentionPolicy::Discard) => &mut row.discarded_bytes,
                (Ok(()), RetentionPolicy::Leak) => &mut row.leaked_bytes,
                (Ok(()), _) => &mut row.promoted_bytes,
            } += bytes;
        }
        if let Err(reason) = outcome {
            self.failed_count += 1;
            *self.failures_by_reason.slot(reason) += 1;
        }
        *match (outcome, policy) {
            (Err(_), _) => &mut self.failed_bytes,
            (Ok(()), RetentionPolicy::Discard) => &mut self.discarded_bytes,
            (Ok(()), RetentionPolicy::PromoteToPool) => &mut self.promoted_pool_bytes,
            (Ok(()), RetentionPolicy::PromoteToHeap) => &mut self.promoted_heap_bytes,
            (Ok(()), RetentionPolicy::PromoteToScratch(_)) => &mut self.promoted_scratch_bytes,
            (Ok(()), RetentionPolicy::Leak) => &mut self.leaked_bytes,
        } += bytes;
    }
}

/// The row called `name`, which is added when it is new. Frames have few tags and phases, so this searches.
fn row<'a>(rows: &'a mut Vec<SummaryRow>, name: &Arc<str>) -> &'a mut SummaryRow {
    let at = rows.iter().position(|row| row.name == *name).unwrap_or_else(|| {
        rows.push(SummaryRow {
            name: Arc::clone(name),
            discarded_bytes: 0,
            promoted_bytes: 0,
            leaked_bytes: 0,
            failed_bytes: 0,
            count: 0,
        });
        rows.len() - 1
    });
    &mut rows[at]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(frame: u64) -> FrameSummary {
        let [ai, nav, update]: [Arc<str>; 3] = ["ai", "nav", "update"].map(Into::into);
        let mut summary = FrameSummary::new(frame);
        summary.record(RetentionPolicy::Discard, Ok(()), 1, &ai, &update);
        summary.record(RetentionPolicy::PromoteToPool, Ok(()), 2, &ai, &update);
        summary.record(RetentionPolicy::PromoteToHeap, Ok(()), 4, &nav, &update);
        summary.record(RetentionPolicy::PromoteToScratch("s"), Ok(()), 8, &nav, &update);
        summary.record(RetentionPolicy::Leak, Ok(()), 16, &nav, &update);
        summary.record(RetentionPolicy::PromoteToPool, Err(FailureReason::HandleAlive), 32, &ai, &update);
        summary.record(RetentionPolicy::PromoteToHeap, Err(FailureReason::BudgetExceeded), 64, &ai, &update);
        summary
    }

    #[test]
    fn every_value_is_counted_once() {
        let summary = sample(3);
        assert_eq!((summary.discarded_bytes, summary.promoted_bytes(), summary.leaked_bytes), (1, 14, 16));
        assert_eq!(
            (summary.failed_bytes, summary.failed_count, summary.failures_by_reason.total()),
            (96, 2, 2)
        );
        assert_eq!(summary.failures_by_reason.get(FailureReason::HandleAlive), 1);
        for rows in [&summary.by_tag, &summary.by_phase] {
            let sum = |part: fn(&SummaryRow) -> u64| rows.iter().map(part).sum::<u64>();
            assert_eq!(
                [sum(|r| r.discarded_bytes), sum(|r| r.promoted_bytes), sum(|r| r.leaked_bytes)],
                [1, 14, 16]
            );
            assert_eq!((sum(|r| r.failed_bytes), sum(|r| r.count)), (96, summary.count));
        }
        let names: Vec<_> = summary.by_tag.iter().map(|row| &*row.name).collect();
        assert_eq!(names, ["ai", "nav"]);
    }
}
