//! Budgets: how many bytes something may have, and what happens when it wants more.
//!
//! ```text
//!   frame:      [ used ......| lease: limit - ptr ]      take, then settle what was used and give back the rest
//!                                  |
//!   thread:     Link { left }   PlainBudget { limit - used - leased }
//!                     |  slabs of 64 KiB, smaller near the end
//!   allocator:  SharedBudget { reserved = used + what threads hold }
//! ```
//!
//! | type | role |
//! |---|---|
//! | [`Budget`] | the setting: limit, soft threshold, [`OnExceed`] |
//! | [`BudgetStats`], [`BudgetEvent`] | what was measured, and what is worth saying |
//! | [`SharedBudget`] | a tag's or the allocator's budget: atomics, taken in slabs |
//! | [`Link`] | one thread's end of a shared budget |
//! | [`PlainBudget`] | a budget with one owner: a system's run, a phase, a thread |
//! | [`lease`] | takes one lease from a whole chain of budgets |
//!
//! # Invariants
//!
//! - **B1** `reserved` of a shared budget is the sum of what is charged and what the threads' links and their frames'
//!   leases hold. A refusing budget raises it only by an exchange that keeps it at or below the limit: the limit is never
//!   exceeded by a byte, unless it is lowered below what is already taken.
//! - **B2** A request is refused only when the limit, less what is charged and what *other* threads hold, has no room
//!   for it: one thread alone gets the last byte.
//! - **B3** Of `n` leased bytes exactly `n` come back: `settle` for those in use and `give_back` for the rest. Of settled
//!   and charged bytes exactly as many are refunded when they are freed.
//! - **B4** A crossing of the soft threshold or of the limit is one event, however many threads charge at once.

#![forbid(unsafe_code)]

mod lease;
mod link;
mod plain;
mod setting;
mod shared;
mod size_text;
mod stats;

pub(crate) use lease::{Lessor, lease};
pub(crate) use link::Link;
pub(crate) use plain::PlainBudget;
pub use setting::{Budget, OnExceed, SoftLimit};
pub(crate) use shared::SharedBudget;
pub use stats::{BudgetEvent, BudgetReset, BudgetStats};

#[cfg(all(test, not(framealloc_loom)))]
mod tests;

#[cfg(all(test, framealloc_loom))]
mod loom_tests;
