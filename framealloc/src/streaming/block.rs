//! Memory with its part of the budget.

use core::fmt;
use core::ops::Deref;
use core::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;

use crate::heap::HeapBox;

/// Bytes in use: the sum of all rooms (N1).
#[derive(Clone, Default)]
pub(super) struct Ledger(Arc<AtomicU64>);

/// A part of the budget, given back when it is dropped.
pub(crate) struct Room {
    ledger: Ledger,
    bytes: u64,
}

impl Ledger {
    pub(super) fn used(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    /// Takes room; under the lock of the store, which compared it with the budget.
    pub(super) fn take(&self, bytes: u64) -> Room {
        self.0.fetch_add(bytes, Ordering::Relaxed);
        Room { ledger: self.clone(), bytes }
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        self.ledger.0.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// The memory of a resource. Dropped in this order: the bytes, then their room.
pub(crate) struct Block {
    pub(super) bytes: HeapBox<[u8]>,
    _room: Room,
}

impl Block {
    pub(crate) fn new(bytes: HeapBox<[u8]>, room: Room) -> Arc<Self> {
        Arc::new(Self { bytes, _room: room })
    }

    /// The memory without its room, which is given back.
    pub(super) fn into_bytes(self) -> HeapBox<[u8]> {
        self.bytes
    }
}

/// The data of a loaded resource: [`Streaming::access`](crate::Streaming::access).
///
/// It is not evicted while one of these is alive. Clones share it; it may be sent to other threads, and may outlive the
/// resource and the allocator. Its bytes count against the budget until the last clone is gone.
#[derive(Clone)]
pub struct StreamData(pub(super) Arc<Block>);

impl Deref for StreamData {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        &self.0.bytes
    }
}

impl AsRef<[u8]> for StreamData {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl fmt::Debug for StreamData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StreamData({} bytes)", self.len())
    }
}
