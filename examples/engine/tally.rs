//! Counters of one thread, as they were at one moment.

use std::ops::{AddAssign, Sub};

/// What a thread has done since it started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Allocations that reached the global allocator: new blocks and blocks that were resized.
    pub heap_calls: u64,
    /// Bytes of those.
    pub heap_bytes: u64,
}

impl Tally {
    /// The counters of the calling thread, as the `Tracking` global allocator has them.
    pub fn of_this_thread() -> Self {
        let heap = framealloc::tracking::thread_counters();
        Self { heap_calls: heap.allocations, heap_bytes: heap.allocated_bytes }
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.heap_calls += other.heap_calls;
        self.heap_bytes += other.heap_bytes;
    }
}

impl Sub for Tally {
    type Output = Self;
    fn sub(self, earlier: Self) -> Self {
        Self {
            heap_calls: self.heap_calls - earlier.heap_calls,
            heap_bytes: self.heap_bytes - earlier.heap_bytes,
        }
    }
}
