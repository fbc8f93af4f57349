//! The settings of the queue.

#![forbid(unsafe_code)]

use core::time::Duration;

use crate::error::AllocError;

/// When deferred destructors run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DeferredProcessing {
    /// All that are pending, when the driving thread has begun a frame.
    AtFrameBegin,
    /// All that are pending, before the driving thread ends a frame.
    #[default]
    AtFrameEnd,
    /// At most this many before the driving thread ends a frame, the oldest first.
    Incremental(usize),
    /// In [`process_deferred`](crate::SmartAlloc::process_deferred) alone.
    Explicit,
}

/// What happens to a value that is deferred while the queue is full.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum QueueFullPolicy {
    /// Its thread waits for room, up to [`with_block_timeout`](DeferredConfig::with_block_timeout). A thread that has to
    /// make the room itself does not wait: it runs the oldest destructor instead.
    Block,
    /// The oldest pending destructor runs at once, on the thread that defers.
    DropOldest,
    /// The queue grows beyond its depth.
    #[default]
    Grow,
    /// The new value's destructor runs at once, on the thread that defers.
    ProcessNow,
    /// [`try_defer_drop`](crate::SmartAlloc::try_defer_drop) hands the value back. Where nobody can take it back its
    /// destructor runs at once.
    Fail,
}

/// Settings of deferred destructors, for [`configure_deferred`](crate::SmartAlloc::configure_deferred).
///
/// | setting | default |
/// |---|---|
/// | [`with_max_queue_depth`](Self::with_max_queue_depth) | 1024 values |
/// | [`with_policy`](Self::with_policy) | [`Grow`](QueueFullPolicy::Grow) |
/// | [`with_processing`](Self::with_processing) | [`AtFrameEnd`](DeferredProcessing::AtFrameEnd) |
/// | [`with_block_timeout`](Self::with_block_timeout) | 100 ms |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeferredConfig {
    pub(super) max_queue_depth: usize,
    pub(super) policy: QueueFullPolicy,
    pub(super) processing: DeferredProcessing,
    pub(super) block_timeout: Duration,
}

impl Default for DeferredConfig {
    fn default() -> Self {
        Self {
            max_queue_depth: 1024,
            policy: QueueFullPolicy::default(),
            processing: DeferredProcessing::default(),
            block_timeout: Duration::from_millis(100),
        }
    }
}

impl DeferredConfig {
    /// How many values may be pending before the policy applies.
    #[must_use]
    pub fn with_max_queue_depth(mut self, values: usize) -> Self {
        self.max_queue_depth = values;
        self
    }

    /// What happens when the queue is full.
    #[must_use]
    pub fn with_policy(mut self, policy: QueueFullPolicy) -> Self {
        self.policy = policy;
        self
    }

    /// When destructors run.
    #[must_use]
    pub fn with_processing(mut self, processing: DeferredProcessing) -> Self {
        self.processing = processing;
        self
    }

    /// The longest that a thread waits under [`QueueFullPolicy::Block`]. Then it runs the oldest destructor itself, which
    /// is reported (FA211): the thread that processes may be waiting for this one.
    #[must_use]
    pub fn with_block_timeout(mut self, limit: Duration) -> Self {
        self.block_timeout = limit;
        self
    }

    pub(super) fn validate(&self) -> Result<(), AllocError> {
        if self.max_queue_depth == 0 {
            return Err(AllocError::config(
                "max_queue_depth",
                "is 0; for destructors that run at once, drop the values instead of deferring them",
            ));
        }
        if self.processing == DeferredProcessing::Incremental(0) {
            return Err(AllocError::config(
                "processing",
                "is `Incremental(0)`, which never runs one; use `Explicit` to run them yourself",
            ));
        }
        Ok(())
    }
}
