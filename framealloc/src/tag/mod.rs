//! Tags: nested names that say whose memory it is, interned so that the context holds a number.
//!
//! ```text
//!   0 (untagged)
//!   ├─ 1 physics                    path "physics"
//!   │   ├─ 2 broad_phase            path "physics/broad_phase"
//!   │   └─ 4 solver
//!   └─ 3 render                     a parent's number is below its children's
//! ```
//!
//! | type | role |
//! |---|---|
//! | [`TagId`] | the number of a path within one allocator |
//! | [`TagTable`] | paths to numbers and back |
//! | [`Tag`] | a path that was looked up ahead of its use |
//!
//! # Invariants
//!
//! - **G1** Ids are dense, never reused, and a parent's id is below those of its children: inclusive totals are one pass
//!   over an array from its end.

#![forbid(unsafe_code)]

mod table;

pub use table::Tag;
pub(crate) use table::{TagId, TagTable};
