//! Views: what was measured, as plain data.
//!
//! Figures of other threads are as of their last settling: a switch of tag, phase or system, or the end of a frame.

#![forbid(unsafe_code)]

#[cfg(feature = "debug")]
mod leaks;
mod memory;
mod phase;
mod report;

#[cfg(feature = "debug")]
pub use leaks::{LeakReport, LeakedObject};
pub use memory::{
    AllocStats, FrameStats, MemoryStats, ObjectStats, TagStats, ThreadStats, TrafficStats, UnfreedTraffic,
};
pub use phase::{PhaseStat, PhaseStats};
pub use report::{IntentReport, SystemReport};
