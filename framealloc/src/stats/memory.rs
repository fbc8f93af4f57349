//! Bytes by kind of memory, tag and thread.

use std::sync::Arc;

use crate::pool::PoolStats;

/// Frame memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct FrameStats {
    /// Bytes handed out ever, padding included, less what containers gave back.
    pub allocated_bytes: u64,
    /// Allocations ever.
    pub allocations: u64,
    /// Bytes alive.
    pub live_bytes: u64,
    /// Most bytes alive at once. Over several threads: the sum of each one's own, so an upper bound of what was alive at
    /// one time; over threads that ended: the highest.
    pub peak_bytes: u64,
}

/// Objects of the pool, or blocks of the heap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct ObjectStats {
    /// Bytes ever; the pool counts the block size of the object's class.
    pub allocated_bytes: u64,
    /// Allocations ever.
    pub allocations: u64,
    /// Bytes alive.
    pub live_bytes: u64,
    /// Objects alive. Not known for the heap by tag.
    pub live_objects: u64,
}

/// Ordinary heap allocations, as [`Tracking`](crate::Tracking) saw them on threads that use this allocator.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct TrafficStats {
    /// Calls that allocated.
    pub allocations: u64,
    /// Their bytes.
    pub allocated_bytes: u64,
    /// Calls that freed. Counted where they happened, whoever allocated.
    pub frees: u64,
    /// Their bytes.
    pub freed_bytes: u64,
    /// Bytes alive that were allocated here, wherever they are freed. Known in the mode
    /// [`Live`](crate::tracking::Live) only.
    pub live_bytes: Option<u64>,
    /// The number of those blocks.
    pub live_blocks: Option<u64>,
}

/// Ordinary heap blocks of one tag that were allocated between two marks and are alive.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct UnfreedTraffic {
    /// The tag's path.
    #[cfg_attr(feature = "serde", serde(serialize_with = "crate::sys::serialize_text"))]
    pub path: Arc<str>,
    /// Their bytes.
    pub bytes: u64,
    /// Their number.
    pub blocks: u64,
}

/// The sum of two figures of which either may be unknown.
fn add_known(sum: &mut Option<u64>, part: Option<u64>) {
    *sum = sum.map_or(part, |sum| Some(sum.wrapping_add(part.unwrap_or(0))));
}

/// All kinds of memory together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct MemoryStats {
    /// Frame memory.
    pub frame: FrameStats,
    /// The pool.
    pub pool: ObjectStats,
    /// The tracked heap, and the chunks of scratch pools and groups.
    pub heap: ObjectStats,
    /// Ordinary heap allocations.
    pub traffic: TrafficStats,
}

impl MemoryStats {
    /// Bytes alive in frames, pool and heap.
    pub fn live_bytes(&self) -> u64 {
        self.frame.live_bytes.wrapping_add(self.pool.live_bytes).wrapping_add(self.heap.live_bytes)
    }

    pub(crate) fn add(&mut self, other: &MemoryStats) {
        let frame = &mut self.frame;
        frame.allocated_bytes += other.frame.allocated_bytes;
        frame.allocations += other.frame.allocations;
        frame.live_bytes = frame.live_bytes.wrapping_add(other.frame.live_bytes);
        frame.peak_bytes += other.frame.peak_bytes;
        for (sum, part) in [(&mut self.pool, &other.pool), (&mut self.heap, &other.heap)] {
            sum.allocated_bytes += part.allocated_bytes;
            sum.allocations += part.allocations;
            sum.live_bytes = sum.live_bytes.wrapping_add(part.live_bytes);
            sum.live_objects += part.live_objects;
        }
        self.traffic.allocations += other.traffic.allocations;
        self.traffic.allocated_bytes += other.traffic.allocated_bytes;
        self.traffic.frees += other.traffic.frees;
        self.traffic.freed_bytes += other.traffic.freed_bytes;
        add_known(&mut self.traffic.live_bytes, other.traffic.live_bytes);
        add_known(&mut self.traffic.live_blocks, other.traffic.live_blocks);
    }
}

/// What one tag has.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct TagStats {
    /// The tag's path.
    #[cfg_attr(feature = "serde", serde(serialize_with = "crate::sys::serialize_text"))]
    pub path: Arc<str>,
    /// Frame memory of the tag itself.
    pub frame: FrameStats,
    /// Pool objects of the tag itself.
    pub pool: ObjectStats,
    /// Heap blocks of the tag itself; each chunk of its scratch pools and groups is one.
    pub heap: ObjectStats,
    /// Ordinary heap allocations under the tag itself.
    pub traffic: TrafficStats,
    /// The tag and those below it.
    pub inclusive: MemoryStats,
}

/// What one thread has.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct ThreadStats {
    /// The thread's name, or its id.
    pub name: String,
    /// Frame memory.
    pub frame: FrameStats,
    /// Bytes of chunks the thread holds, in frames and in its cache.
    pub chunk_bytes: u64,
    /// Chunks it took from the backend ever.
    pub chunks_taken: u64,
}

/// What one allocator has.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct AllocStats {
    /// The number of the frame.
    pub frame_number: u64,
    /// Everything together.
    pub total: MemoryStats,
    /// The pool in detail.
    pub pool: PoolStats,
    /// By tag, in the order in which they were first used; the first is `(untagged)`.
    pub tags: Vec<TagStats>,
    /// By live thread.
    pub threads: Vec<ThreadStats>,
    /// Number of threads that used the allocator and ended.
    pub ended_threads: u64,
    /// Bytes of chunks that no thread holds.
    pub depot_bytes: u64,
}
