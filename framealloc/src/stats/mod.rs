//! Views: what was measured, as plain data.
//!
//! Figures of other threads are as of their last settling: a switch of tag, phase or system, or the end of a frame.

#![forbid(unsafe_code)]

mod memory;
mod phase;
mod report;

pub use memory::{
    AllocStats, FrameStats, MemoryStats, ObjectStats, TagStats, ThreadStats, TrafficStats, UnfreedTraffic,
};
pub use phase::{PhaseStat, PhaseStats};
pub use report::{IntentReport, SystemReport};
