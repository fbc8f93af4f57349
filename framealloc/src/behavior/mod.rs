//! The behaviour filter: memory that is used against what it is for.
//!
//! ```text
//!   frame end with handles ─┐
//!   retained values         ├─► BehaviorFilter: counts ─► at the driver's frame end ─► issues, each reported once
//!   pool objects, one by one┘                             against the thresholds
//! ```
//!
//! | code | what it looks for |
//! |---|---|
//! | BF001 | frame data that lives on: handles that keep an ended frame, values that are retained again in every frame |
//! | BF002 | pool objects that are freed in the frame that made them |
//! | BF003 | frames whose values are promoted instead of being allocated where they belong |
//! | BF004 | the ordinary heap in a system that declared it would not |
//!
//! | type | role |
//! |---|---|
//! | [`BehaviorThresholds`] | from when on something is an issue |
//! | [`BehaviorReport`], [`BehaviorIssue`] | what was found |
//! | [`BehaviorFilter`] | counts and judges; in the front's hooks |
//!
//! While it is off nothing on a fast path knows of it: switching it on makes threads take the paths of watched frames and
//! metered pool objects. The feature `minimal` compiles it out: `is_on` is a constant then.

#![forbid(unsafe_code)]

mod filter;
mod report;
mod thresholds;

pub(crate) use filter::{BehaviorFilter, Quarantine};
pub use report::{BehaviorIssue, BehaviorReport};
pub use thresholds::BehaviorThresholds;
