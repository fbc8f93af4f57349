//! Retention: what is to become of a value when its frame ends, and what became of it.
//!
//! | type | role |
//! |---|---|
//! | [`RetentionPolicy`] | the declared future of one value |
//! | [`Importance`] | the same by meaning: maps to a policy |
//! | [`FrameSummary`] | what one frame end did, by policy, reason, tag and phase |
//! | [`FailureReason`], [`FailureCounts`] | why promotions failed |

#![forbid(unsafe_code)]

mod policy;
mod summary;
mod totals;

pub use policy::{Importance, RetentionPolicy};
pub use summary::{FailureCounts, FailureReason, FrameSummary, SummaryRow};
pub use totals::PromotionTotals;
