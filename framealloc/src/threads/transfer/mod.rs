//! Values on their way to another thread.

#![forbid(unsafe_code)]

mod counters;
mod handle;
mod stats;

pub(crate) use counters::TransferCounters;
pub use handle::{TransferHandle, Transferable};
pub use stats::{TransferState, TransferStats};
