//! Snapshots: one allocator at one moment, as plain data for tools.
//!
//! ```text
//!   end_frame ─► SnapshotEmitter::maybe_emit ─► due, or asked for?
//!                                                  │ yes: alloc.snapshot()
//!                                                  ▼
//!   directory/  .snapshot-T-P-N.tmp ── rename ──► snapshot-T-P-N.json     the oldest go
//!               snapshot.request    ◄── a tool that wants one now
//! ```
//!
//! | type | role |
//! |---|---|
//! | [`Snapshot`] | version 1 of the format: aggregates only |
//! | `SnapshotConfig`, `SnapshotEmitter` | files in a directory (feature `serde`) |
//!
//! The format is described by a JSON Schema, `Snapshot::SCHEMA`. Sizes are bytes, times nanoseconds unless the name says
//! otherwise. Figures of other threads are as of their last settling.
//!
//! # Invariants
//!
//! - **K1** A reader of the directory sees whole snapshots only: a file is written under another name and renamed. What a
//!   power failure leaves is not promised.
//! - **K2** The emitter removes its own files only: their names are its pattern.

#![forbid(unsafe_code)]

#[cfg(feature = "serde")]
mod emitter;
mod model;

#[cfg(feature = "serde")]
pub use emitter::{SnapshotConfig, SnapshotEmitter};
pub use model::{
    BudgetSnapshot, DeferredSnapshot, DiagnosticSnapshot, PhaseSnapshot, Snapshot, SnapshotSummary,
    SystemSnapshot, TagSnapshot, ThreadSnapshot, TransferSnapshot,
};
