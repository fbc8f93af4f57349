//! What the pool counts, as plain data.

#![forbid(unsafe_code)]

use super::group::GroupCounts;

/// What the pool of an allocator holds and has served. Exact while no thread allocates or frees.
///
/// Sizes are those of whole blocks: an object counts as the block size of its class, one above 32 KiB as its own size.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PoolStats {
    /// Bytes of all allocations so far.
    pub allocated_bytes: u64,
    /// Allocations so far.
    pub allocations: u64,
    /// Bytes of the objects alive now.
    pub live_bytes: u64,
    /// Objects alive now.
    pub live_objects: u64,
    /// Bytes of free blocks that threads keep in their magazines.
    pub cached_bytes: u64,
    /// Pages of 64 KiB taken from the backend.
    pub pages: u64,
    /// Bytes taken from the backend for pages and for objects above 32 KiB.
    pub reserved_bytes: u64,
}

/// What the pool objects of one tag count. Exact while no thread allocates or frees.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct PoolTotals {
    /// Bytes of all allocations so far.
    pub(crate) allocated_bytes: u64,
    /// Allocations so far.
    pub(crate) allocations: u64,
    /// Bytes of the objects alive now.
    pub(crate) live_bytes: u64,
    /// Objects alive now.
    pub(crate) live_objects: u64,
}

impl GroupCounts {
    pub(super) fn add(&mut self, other: GroupCounts) {
        self.outside += other.outside;
        self.retired += other.retired;
        self.pages += other.pages;
        self.large_bytes += other.large_bytes;
        self.large_resident += other.large_resident;
        self.large_total += other.large_total;
    }
}

impl PoolStats {
    /// Adds a class: what its groups count, and what live magazines do.
    pub(super) fn add_class(&mut self, groups: GroupCounts, size: u64, counted: u64, cached: u64) {
        let allocations = groups.retired + counted;
        // The two sides are read one after the other, so a running thread can make the difference negative.
        let live = groups.outside.saturating_sub(cached);
        self.allocations += allocations;
        self.allocated_bytes += allocations * size;
        self.live_objects += live;
        self.live_bytes += live * size;
        self.cached_bytes += cached * size;
        self.pages += groups.pages;
        self.reserved_bytes += groups.pages * super::page::PAGE as u64;
    }

    /// Adds the objects above the largest class.
    pub(super) fn add_large(&mut self, groups: GroupCounts) {
        self.allocations += groups.retired;
        self.allocated_bytes += groups.large_total;
        self.live_objects += groups.outside;
        self.live_bytes += groups.large_bytes;
        self.reserved_bytes += groups.large_resident;
    }

    pub(super) fn totals(&self) -> PoolTotals {
        PoolTotals {
            allocated_bytes: self.allocated_bytes,
            allocations: self.allocations,
            live_bytes: self.live_bytes,
            live_objects: self.live_objects,
        }
    }
}
