//! Values and moments that threads share: hand-over, the end of a frame, destructors that wait.
//!
//! ```text
//!   worker                                driving thread
//!   TransferHandle ── any channel ──────► receive: PoolBox       the value never moves, its memory is the pool's
//!   Participant ── signal ──► FrameBarrier ──► wait_all          leaving counts as signalling
//!   defer_drop, DeferredBox ──► queue ──► begin_frame, end_frame, process_deferred: destructors run here
//!        TransferHandle, unreceived ─┘
//! ```
//!
//! | type | role |
//! |---|---|
//! | [`TransferHandle`] | a value on its way to another thread |
//! | [`FrameBarrier`], [`Participant`] | the end of a frame that several threads work on |
//! | [`DeferredConfig`], [`DeferredBox`] | destructors that run at a moment of the frame, on the thread that drives it |
//! | [`Home`] | the allocator, as these see it |
//!
//! # Invariants
//!
//! - **W1** A value handed over is owned by its handle until one receiver takes it, under the handle's lock; what nobody
//!   takes is freed with the handle.
//! - **W2** A frame of a barrier is complete when as many have signalled as are expected, and stays complete until the
//!   next one begins. A participant that leaves, also by unwinding, is not expected any more, and its signal goes with it.
//! - **W3** A node of the queue is owned by exactly one of: its maker, its predecessor (the first one: the list), the
//!   thread that runs it. The list's end pointer is that of its last node.
//! - **W4** No foreign code runs under a lock of this area: values are dropped, and reports made, after it is released.
//!   A destructor that panics is caught, the others run, and the first panic goes on when all is done.
//! - **W5** A destructor that runs from a queue never runs another one inside itself, and never waits for room.

#![deny(unsafe_code)]

mod barrier;
mod deferred;
#[cfg(all(test, framealloc_loom))]
mod loom_tests;
mod this_thread;
mod transfer;

pub use barrier::{BarrierBuilder, BarrierStats, FrameBarrier, FrameWait, Participant};
pub use deferred::{
    DeferredBox, DeferredConfig, DeferredProcessing, DeferredStats, NotDeferred, QueueFullPolicy,
};
pub(crate) use deferred::{DeferredQueue, Moment, Node, defer};
pub(crate) use transfer::TransferCounters;
pub use transfer::{TransferHandle, TransferState, TransferStats, Transferable};

use crate::diagnostics::Diagnostic;
use crate::pool::PoolAlloc;

/// The allocator that a value belongs to. Handles keep it.
pub(crate) trait Home: Send + Sync {
    /// Its deferred destructors.
    fn queue(&self) -> &DeferredQueue;

    /// Its transfers.
    fn transfers(&self) -> &TransferCounters;

    /// Its pool, under `tag`.
    fn pool(&self, tag: u16) -> PoolAlloc;

    /// Reports what `make` says, with the context of this thread. Panics in strict mode.
    fn report(&self, make: &dyn Fn() -> Diagnostic);

    /// Whether this thread exits: a panic would abort the process.
    fn is_exiting(&self) -> bool;
}
