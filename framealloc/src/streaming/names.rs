//! Names of resources, and what is said about them.

use core::fmt;

use crate::error::AllocError;

/// How important a resource is: what is lower is evicted first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub enum StreamPriority {
    /// Nice to have: the next room, a finer level of detail.
    Low,
    /// What is usually on the screen.
    #[default]
    Normal,
    /// What is missed at once.
    High,
    /// Never evicted for another resource.
    Critical,
}

impl fmt::Display for StreamPriority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Low => "low",
            Self::Normal => "normal",
            Self::High => "high",
            Self::Critical => "critical",
        })
    }
}

/// Names a resource of an allocator's [`Streaming`](crate::Streaming). It is never reused: once the resource is released,
/// or in another allocator, it names nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamId {
    pub(super) allocator: u64,
    pub(super) number: u64,
}

/// How far a resource is loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StreamProgress {
    /// Bytes that are loaded: 0 for an evicted resource.
    pub loaded: usize,
    /// Bytes it was reserved with.
    pub size: usize,
    /// The load was finished, and the data was not evicted since.
    pub is_finished: bool,
}

/// What happened to a resource, for callbacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StreamEvent {
    /// Which one.
    pub id: StreamId,
    /// Its size in bytes.
    pub bytes: usize,
    /// Its priority.
    pub priority: StreamPriority,
}

/// What an allocator streams.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct StreamStats {
    /// The most bytes in use; `u64::MAX` unless set.
    pub budget: u64,
    /// Bytes in use: resources that are loaded or being loaded, and released ones that somebody still reads.
    pub used_bytes: u64,
    /// The most bytes that were in use at once.
    pub peak_bytes: u64,
    /// Resources whose data is there.
    pub loaded: u64,
    /// Resources that are being loaded.
    pub loading: u64,
    /// Resources whose data was evicted.
    pub evicted: u64,
    /// Finished loads ever.
    pub loads: u64,
    /// Evictions ever.
    pub evictions: u64,
}

/// Why a resource cannot be used as asked.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StreamError {
    /// The resource was released, or is another allocator's.
    Stale,
    /// Its data was evicted: load it again with `begin_load`.
    Evicted,
    /// It is not loaded yet.
    NotLoaded {
        /// Bytes that are.
        loaded: usize,
        /// Bytes it was reserved with.
        size: usize,
    },
    /// It is loaded already: evict it first to load it anew.
    AlreadyLoaded,
    /// Somebody loads it, or reads it, right now.
    InUse,
    /// More bytes were written than it was reserved with.
    TooLong {
        /// Bytes that are loaded.
        loaded: usize,
        /// Bytes that were to be added.
        written: usize,
        /// Bytes it was reserved with.
        size: usize,
    },
    /// There is no memory to load it again.
    Refused(AllocError),
}

impl fmt::Display for StreamError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stale => f.write_str("the resource was released, or belongs to another allocator"),
            Self::Evicted => f.write_str("the resource was evicted: load it again with `begin_load`"),
            Self::NotLoaded { loaded, size } => {
                write!(f, "{loaded} of {size} bytes of the resource are loaded: go on with `begin_load`")
            }
            Self::AlreadyLoaded => {
                f.write_str("the resource is loaded already: `evict` it first to load it anew")
            }
            Self::InUse => f.write_str("the resource is being loaded or read: drop that guard first"),
            Self::TooLong { loaded, written, size } => write!(
                f,
                "{written} bytes more than the {loaded} that are loaded do not fit the {size} that were reserved"
            ),
            Self::Refused(error) => write!(f, "the resource cannot be loaded again: {error}"),
        }
    }
}

impl std::error::Error for StreamError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Refused(error) => Some(error),
            _ => None,
        }
    }
}

impl From<AllocError> for StreamError {
    fn from(error: AllocError) -> Self {
        Self::Refused(error)
    }
}
