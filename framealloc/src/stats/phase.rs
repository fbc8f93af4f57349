//! What the phases of one frame had.

use core::time::Duration;

/// What one phase had in the current frame, or in the last one if none is open, on all threads together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct PhaseStat {
    /// Frame bytes handed out in it, less what containers gave back.
    pub bytes_allocated: u64,
    /// Allocations in it.
    pub allocation_count: u64,
    /// The most frame bytes of it alive at once on one thread.
    pub peak_bytes: u64,
    /// How often it was entered.
    pub count: u64,
    /// Time spent in it, nested phases included; phases of several threads add up.
    #[cfg_attr(
        feature = "serde",
        serde(rename = "duration_ns", serialize_with = "crate::sys::serialize_nanoseconds")
    )]
    pub duration: Duration,
    /// Calls to the ordinary heap, where [`Tracking`](crate::Tracking) is installed.
    pub heap_calls: u64,
}

/// The phases of one frame, in the order in which they were first used; the first is `(no phase)`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PhaseStats {
    pub(crate) phases: Vec<(std::sync::Arc<str>, PhaseStat)>,
}

impl PhaseStats {
    /// (name, figures) of each phase that had anything.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &PhaseStat)> {
        self.phases.iter().map(|(name, stat)| (&**name, stat))
    }

    /// The figures of one phase.
    pub fn get(&self, name: &str) -> Option<&PhaseStat> {
        self.iter().find(|(other, _)| *other == name).map(|(_, stat)| stat)
    }

    /// Frame bytes of all phases together: all that the frame allocated.
    pub fn total_bytes(&self) -> u64 {
        self.iter().map(|(_, stat)| stat.bytes_allocated).sum()
    }
}
