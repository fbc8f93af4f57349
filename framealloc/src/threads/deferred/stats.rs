//! What the queue counts, and how it refuses.

#![forbid(unsafe_code)]

use core::fmt;
use core::time::Duration;

use crate::error::AllocError;

/// What became of deferred values. `deferred` is the sum of `processed`, `early` and `pending`, while no destructor is
/// running.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct DeferredStats {
    /// Values in the queue now.
    pub pending: u64,
    /// The most there were.
    pub peak_pending: u64,
    /// Values that entered the queue.
    pub deferred: u64,
    /// Of them, those whose destructor ran at its moment, or when the allocator went.
    pub processed: u64,
    /// Of them, those whose destructor ran before its moment, to make room.
    pub early: u64,
    /// Of them, those that entered a full queue, which grew.
    pub grown: u64,
    /// Values that did not enter the queue: their destructors ran at once.
    pub immediate: u64,
    /// Values that were handed back.
    pub refused: u64,
    /// Times that a thread waited for room.
    pub blocked: u64,
    /// Of them, those that waited in vain.
    pub block_timeouts: u64,
    /// The longest of them.
    pub longest_block: Duration,
    /// Destructors that panicked.
    pub panics: u64,
}

/// A value that was not deferred. It is the caller's again.
pub struct NotDeferred<T> {
    /// The value; its destructor has not run.
    pub value: T,
    /// Why: the queue is full ([`AllocError::CapacityExceeded`]), or the pool has no memory for the value.
    pub error: AllocError,
}

impl<T> fmt::Display for NotDeferred<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the value was not deferred: {}", self.error)
    }
}

impl<T> fmt::Debug for NotDeferred<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NotDeferred").field("error", &self.error).finish_non_exhaustive()
    }
}

impl<T> core::error::Error for NotDeferred<T> {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        Some(&self.error)
    }
}
