//! Where a transfer stands, and what an allocator counts.

#![forbid(unsafe_code)]

/// Where the value of a [`TransferHandle`](crate::TransferHandle) is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TransferState {
    /// In the handle.
    Pending,
    /// With whoever took it.
    Received,
}

/// The transfers of one allocator. `sent` is the sum of `received`, `dropped` and `in_flight`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct TransferStats {
    /// Values that were boxed for transfer.
    pub sent: u64,
    /// Their bytes.
    pub sent_bytes: u64,
    /// Values that were received.
    pub received: u64,
    /// Of them, those that another thread received than the one that sent.
    pub crossed: u64,
    /// Values that nobody received: freed with their handle.
    pub dropped: u64,
    /// Values in handles now.
    pub in_flight: u64,
    /// Their bytes.
    pub in_flight_bytes: u64,
    /// The most values that were in handles at once.
    pub peak_in_flight: u64,
}
