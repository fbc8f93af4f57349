//! What waiting comes to, and what a barrier counts.

#![forbid(unsafe_code)]

use core::time::Duration;

/// How a wait for the end of a frame ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FrameWait {
    /// Everybody who was expected has signalled.
    Complete,
    /// The frame was given up with [`FrameBarrier::reset`](crate::FrameBarrier::reset).
    Reset,
    /// The time limit passed first.
    TimedOut,
}

/// What a [`FrameBarrier`](crate::FrameBarrier) has seen since it was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct BarrierStats {
    /// Frames that became complete.
    pub frames: u64,
    /// Frames that were reset before that.
    pub resets: u64,
    /// Signals that counted.
    pub signals: u64,
    /// Waits that ended, those that found the frame complete included.
    pub waits: u64,
    /// Of them, those whose time limit passed.
    pub timeouts: u64,
    /// The longest of them.
    pub longest_wait: Duration,
    /// All of them together.
    pub total_wait: Duration,
    /// Participants that left, in whatever way.
    pub departures: u64,
    /// Of them, those whose thread was panicking.
    pub panics: u64,
}

impl BarrierStats {
    pub(super) fn count_wait(&mut self, outcome: FrameWait, time: Duration) {
        self.waits += 1;
        self.timeouts += u64::from(outcome == FrameWait::TimedOut);
        self.longest_wait = self.longest_wait.max(time);
        self.total_wait = self.total_wait.saturating_add(time);
    }
}
