//! Memory with its part of the budget.

use core::fmt;
use core::ops::Deref;
use core::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;

use crate::heap::HeapBox;

/// Bytes of the budget.
#[derive(Clone, Default)]
pub(super) struct Ledger(Arc<Sums>);

#[derive(Default)]
struct Sums {
    /// Bytes in use: the sum of all rooms (N1).
    used: AtomicU64,
    /// Those of them whose memory is there.
    filled: AtomicU64,
}

/// A part of the budget, given back when it is dropped.
pub(crate) struct Room {
    ledger: Ledger,
    bytes: u64,
    is_filled: bool,
}

impl Ledger {
    pub(super) fn used(&self) -> u64 {
        self.0.used.load(Ordering::Relaxed)
    }

    pub(super) fn filled(&self) -> u64 {
        self.0.filled.load(Ordering::Relaxed)
    }

    /// Takes room; under the lock of the store, which compared it with the budget.
    pub(super) fn take(&self, bytes: u64) -> Room {
        self.0.used.fetch_add(bytes, Ordering::Relaxed);
        Room { ledger: self.clone(), bytes, is_filled: false }
    }
}

impl Room {
    /// The memory is there.
    fn fill(mut self) -> Self {
        self.ledger.0.filled.fetch_add(self.bytes, Ordering::Relaxed);
        self.is_filled = true;
        self
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        let sums = &self.ledger.0;
        if self.is_filled {
            sums.filled.fetch_sub(self.bytes, Ordering::Relaxed);
        }
        sums.used.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// The memory of a resource. Dropped in this order: the bytes, then their room.
pub(crate) struct Block {
    pub(super) bytes: HeapBox<[u8]>,
    _room: Room,
}

impl Block {
    pub(crate) fn new(bytes: HeapBox<[u8]>, room: Room) -> Arc<Self> {
        Arc::new(Self { bytes, _room: room.fill() })
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
