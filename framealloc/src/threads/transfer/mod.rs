//! Values on their way to another thread.

#![forbid(unsafe_code)]

mod handle;
mod hub;
mod stats;

pub use handle::{TransferHandle, Transferable};
pub(crate) use hub::TransferHub;
pub use stats::{TransferState, TransferStats};
