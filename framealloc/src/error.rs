//! The one error type of the crate.

use core::alloc::Layout;
use core::fmt;
use std::sync::Arc;

/// Why an allocation or a setting was refused.
///
/// The panicking forms of the API panic with the text of this error, the `try_` forms return it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AllocError {
    /// The backend has no memory left, or the memory limit of the configuration is reached.
    OutOfMemory {
        /// Bytes that were asked for.
        requested: usize,
        /// Their alignment in bytes.
        align: usize,
    },
    /// A budget with `OnExceed::Fail` or `OnExceed::Panic` refused.
    BudgetExceeded {
        /// Which budget: a tag path, `phase NAME`, `system NAME`, `thread frame`, `thread pool` or `allocator`.
        budget: Arc<str>,
        /// Its hard limit in bytes.
        limit: u64,
        /// Bytes charged to it when it refused.
        used: u64,
        /// Bytes that were asked for.
        requested: u64,
    },
    /// The size in bytes does not fit `isize`, so no such layout exists.
    LayoutOverflow {
        /// Number of elements that were asked for.
        count: usize,
        /// Size of one element in bytes.
        element_size: usize,
    },
    /// This platform, or this state of the allocator, cannot do what was asked.
    Unsupported {
        /// What was asked, and why it cannot be.
        what: &'static str,
    },
    /// A field of a configuration has a value that cannot work.
    InvalidConfig {
        /// The field's name.
        field: &'static str,
        /// What is wrong with the value and which values are accepted.
        reason: Arc<str>,
    },
    /// Handles into the memory that was to be recycled are still alive.
    HandlesAlive {
        /// What was attempted: `rollback_to`, `reset`.
        operation: &'static str,
        /// Number of handles that are alive.
        handles: u64,
    },
    /// A checkpoint whose frame has ended or that was already rolled back or committed.
    StaleCheckpoint,
    /// A nested group that was freed already, or is nested in another group.
    StaleGroup,
    /// A bounded container or scratch pool is full.
    CapacityExceeded {
        /// Its capacity: elements of a container, bytes of a scratch pool.
        capacity: usize,
    },
}

impl AllocError {
    /// The error for a request of `layout` that the backend did not serve.
    #[cold]
    pub(crate) fn out_of_memory(layout: Layout) -> Self {
        Self::OutOfMemory { requested: layout.size(), align: layout.align() }
    }

    /// The error for `count` elements of `T` that fit no layout.
    #[cold]
    pub(crate) fn overflow<T>(count: usize) -> Self {
        Self::LayoutOverflow { count, element_size: size_of::<T>() }
    }

    /// The error for a configuration field.
    #[cold]
    pub(crate) fn config(field: &'static str, reason: impl Into<Arc<str>>) -> Self {
        Self::InvalidConfig { field, reason: reason.into() }
    }
}

impl fmt::Display for AllocError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OutOfMemory { requested, align } => {
                write!(
                    f,
                    "out of memory: no {requested} bytes (alignment {align}) left in the backend or under the memory limit"
                )
            }
            Self::BudgetExceeded { budget, limit, used, requested } => write!(
                f,
                "budget of {budget} exceeded: {used} of {limit} bytes are used and {requested} more were asked for"
            ),
            Self::LayoutOverflow { count, element_size } => {
                write!(f, "{count} elements of {element_size} bytes are more than the address space holds")
            }
            Self::Unsupported { what } => write!(f, "unsupported: {what}"),
            Self::InvalidConfig { field, reason } => write!(f, "invalid configuration: `{field}` {reason}"),
            Self::HandlesAlive { operation, handles } => {
                write!(f, "{operation}: {handles} handles into the memory are still alive; drop them first")
            }
            Self::StaleCheckpoint => f.write_str(
                "the checkpoint is gone: its frame ended, or it was already rolled back or committed",
            ),
            Self::StaleGroup => {
                f.write_str("the group is gone: it was freed already, or it is nested in another group")
            }
            Self::CapacityExceeded { capacity } => write!(f, "full: the capacity is {capacity}"),
        }
    }
}

impl std::error::Error for AllocError {}
