//! Frame memory with declared intent.

mod budget;
pub mod diagnostics;
mod error;
mod phase;
mod retention;
mod sys;
mod tag;
pub mod tracking;

pub use budget::{Budget, BudgetEvent, BudgetReset, BudgetStats, OnExceed, SoftLimit};
pub use error::AllocError;
pub use retention::{FailureCounts, FailureReason, FrameSummary, Importance, RetentionPolicy, SummaryRow};
pub use sys::{Bytes, FormattedBytes};
pub use tag::Tag;
pub use tracking::Tracking;
