//! What is known about movable objects, as plain data.

#![forbid(unsafe_code)]

use super::handle::ObjectId;

/// The movable objects of an allocator.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct HandleStats {
    /// Objects alive, those without a size included.
    pub objects: u64,
    /// Their bytes.
    pub live_bytes: u64,
    /// Bytes taken from the backend for them: pages of 64 KiB, and the blocks of objects above 16 KiB.
    pub resident_bytes: u64,
    /// Bytes taken from the backend for what handles name: 48 for each object that was alive at once, in steps of 1024
    /// objects. They are kept until the allocator is dropped, so that a stale handle is recognised.
    pub table_bytes: u64,
}

impl HandleStats {
    /// The share of the resident bytes that is no object: `1 - live_bytes / resident_bytes`; 0 when nothing is resident.
    pub fn fragmentation(&self) -> f64 {
        if self.resident_bytes == 0 {
            return 0.0;
        }
        1.0 - self.live_bytes as f64 / self.resident_bytes as f64
    }
}

/// What one call of [`Handles::defragment`](crate::Handles::defragment) did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Defragmented {
    /// Objects that were moved.
    pub objects_moved: u64,
    /// Their bytes: at most the budget.
    pub bytes_moved: u64,
    /// Bytes of pages that were taken from the backend to be filled: at most one page more than was returned.
    pub bytes_taken: u64,
    /// Bytes of pages that went back to the backend.
    pub bytes_returned: u64,
    /// Nothing is left to do for now: what holes there are would not make a page, or pins hold them.
    pub complete: bool,
}

/// An object was moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Relocation {
    /// Which one.
    pub object: ObjectId,
    /// The address it had.
    pub from: usize,
    /// The address it has.
    pub to: usize,
    /// Its size in bytes.
    pub bytes: usize,
}
