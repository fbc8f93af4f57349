//! What a budget measured, and what it has to say.

use core::fmt;
use std::sync::Arc;

use super::setting::OnExceed;
use crate::diagnostics::{Diagnostic, FA310, FA311};
use crate::error::AllocError;

/// When a budget's used bytes go back to zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BudgetReset {
    /// With each run: the budget of a system.
    PerRun,
    /// With each frame: the budget of a phase.
    PerFrame,
    /// Never; bytes come back when they are freed: the budgets of a tag, a thread and the allocator.
    Never,
}

/// The state of one budget, as of the last settling of each thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BudgetStats {
    /// The hard limit in bytes.
    pub limit: u64,
    /// The soft threshold in bytes.
    pub soft: u64,
    /// What happens when the limit is passed.
    pub on_exceed: OnExceed,
    /// When `used` goes back to zero.
    pub resets: BudgetReset,
    /// Bytes charged and not yet freed.
    pub used: u64,
    /// The highest `used` so far.
    pub peak: u64,
    /// `used` and what threads hold in reserve or have leased to frames: what is missing from the limit for others.
    pub reserved: u64,
    /// How many times `used` went above the limit of a `Warn` budget.
    pub overruns: u64,
    /// How many requests were refused.
    pub refusals: u64,
}

impl BudgetStats {
    /// Bytes left under the limit; 0 when it is exceeded.
    #[must_use]
    pub fn remaining(&self) -> u64 {
        self.limit.saturating_sub(self.used)
    }

    /// The error of a refused request.
    #[cold]
    pub(crate) fn refusal(&self, budget: Arc<str>, requested: u64) -> AllocError {
        AllocError::BudgetExceeded { budget, limit: self.limit, used: self.used, requested }
    }
}

/// A crossing that is worth saying, once each time it happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BudgetEvent {
    /// `used` reached the soft threshold.
    SoftPassed {
        /// Bytes charged.
        used: u64,
        /// The threshold in bytes.
        soft: u64,
        /// The hard limit in bytes.
        limit: u64,
    },
    /// `used` went above the limit of a budget that warns.
    Exceeded {
        /// Bytes charged.
        used: u64,
        /// The hard limit in bytes.
        limit: u64,
    },
}

impl BudgetEvent {
    /// The event of a charge that took `used` from `before` to `after`, if any.
    pub(super) fn of(before: u64, after: u64, soft: u64, limit: u64, on_exceed: OnExceed) -> Option<Self> {
        if on_exceed == OnExceed::Warn && before <= limit && after > limit {
            Some(Self::Exceeded { used: after, limit })
        } else if before < soft && after >= soft && after <= limit {
            Some(Self::SoftPassed { used: after, soft, limit })
        } else {
            None
        }
    }

    /// The report of this event about the budget called `budget`, which `whose` says at more length: FA310 or FA311.
    pub(crate) fn diagnostic(&self, budget: &str, whose: &str) -> Diagnostic {
        let message = format!("budget of {budget}: {self}");
        match self {
            Self::SoftPassed { .. } => Diagnostic::new(&FA310, message),
            Self::Exceeded { .. } => Diagnostic::new(&FA311, message).with_suggestion(format!(
                "raise the budget of {whose} to the peak that the reports show, or use less"
            )),
        }
    }
}

impl fmt::Display for BudgetEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SoftPassed { used, soft, limit } => {
                write!(f, "{used} of {limit} bytes are used, the soft threshold is {soft}")
            }
            Self::Exceeded { used, limit } => {
                write!(f, "{used} bytes are used, {} above the limit of {limit}", used.saturating_sub(*limit))
            }
        }
    }
}
