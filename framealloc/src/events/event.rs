//! What is told.

use std::sync::Arc;
use std::thread::ThreadId;

use crate::budget::BudgetEvent;
use crate::retention::{FailureReason, RetentionPolicy};

/// Something that happened in an allocator.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Event {
    /// The frame number when it happened.
    pub frame: u64,
    /// The thread it happened on, which is the one that calls the subscriber.
    pub thread: ThreadId,
    /// What happened.
    pub kind: EventKind,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EventKind {
    /// `begin_frame`, the outermost one of the thread.
    FrameBegun {
        /// The thread drives the frame number.
        driver: bool,
    },
    /// The frame that began on this thread is over.
    FrameEnded {
        /// The thread drives the frame number.
        driver: bool,
        /// Frame bytes handed out on this thread since it began, by the ambient frame, scoped ones and systems, less what
        /// containers gave back.
        bytes: u64,
        /// Frame allocations on this thread since it began.
        allocations: u64,
        /// Handles that are alive and keep memory of the ambient frame (FA601).
        alive_handles: u64,
    },
    /// The thread took chunks of frame memory from the backend.
    ChunksTaken {
        /// Their number.
        count: u64,
        /// Their bytes.
        bytes: u64,
    },
    /// Chunks that nobody needed went back to the backend.
    ChunksReturned {
        /// Their number.
        count: u64,
        /// Their bytes.
        bytes: u64,
    },
    /// A budget passed its soft threshold, or was exceeded and served.
    BudgetPassed {
        /// Whose budget: `tag physics`, `system push`, `phase update`, `thread frame`, `thread pool`, `the allocator`.
        budget: Arc<str>,
        /// What happened to it.
        event: BudgetEvent,
    },
    /// A budget refused an allocation.
    BudgetRefused {
        /// Whose budget.
        budget: Arc<str>,
        /// Its limit in bytes.
        limit: u64,
        /// Bytes charged to it.
        used: u64,
        /// Bytes that were asked for.
        requested: u64,
    },
    /// The frame of a retained value ended.
    Settled {
        /// The name it was retained under.
        name: &'static str,
        /// The tag it was retained under.
        tag: Arc<str>,
        /// Its declared future.
        policy: RetentionPolicy,
        /// Size of the value.
        bytes: usize,
        /// Why it did not get there; `None` when it did.
        failure: Option<FailureReason>,
    },
    /// The thread uses the allocator for the first time.
    ThreadJoined {
        /// Its name, if it has one.
        name: Option<String>,
    },
    /// The thread exits.
    ThreadLeft {
        /// Its name, if it has one.
        name: Option<String>,
    },
}
