//! Ordinary heap blocks that are alive, where [`Tracking`](crate::Tracking) has the mode that knows.

#![forbid(unsafe_code)]

use super::smart_alloc::SmartAlloc;
use crate::stats::{MemoryStats, UnfreedTraffic};
use crate::tracking::{self, LiveBlocks};

/// A moment that [`SmartAlloc::unfreed_traffic`] counts from, or to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TrafficMark {
    era: u64,
    frame: u64,
}

impl TrafficMark {
    /// The frame number when the mark was made.
    pub fn frame_number(&self) -> u64 {
        self.frame
    }
}

impl SmartAlloc {
    /// A mark between the ordinary heap allocations before it and those after it, on all threads.
    ///
    /// Cost: each thread takes a lock once for each tag under which it allocates after the mark.
    pub fn traffic_mark(&self) -> TrafficMark {
        TrafficMark { era: tracking::begin_era(), frame: self.frame_number() }
    }

    /// What was allocated between two marks on the ordinary heap and has not been freed until now, by tag, most bytes
    /// first. Empty unless the global allocator is a [`Tracking`](crate::Tracking) in the mode
    /// [`Live`](crate::tracking::Live).
    ///
    /// ```
    /// use framealloc::{SmartAlloc, Tracking, tracking::Live};
    /// use std::alloc::System;
    ///
    /// #[global_allocator]
    /// static GLOBAL: Tracking<System, Live> = Tracking::new(System);
    ///
    /// let alloc = SmartAlloc::with_defaults();
    /// let _before = alloc.with_tag("level", |_| vec![0_u8; 70]);
    /// let (from, mut cache) = (alloc.traffic_mark(), Vec::new());
    /// for _ in 0..10 {
    ///     alloc.begin_frame();
    ///     alloc.with_tag("ai", |_| cache.push(Box::new([0_u8; 100]))); // grows for ever
    ///     drop(vec![0_u8; 5000]);
    ///     alloc.end_frame();
    /// }
    /// let to = alloc.traffic_mark();
    /// let unfreed = alloc.unfreed_traffic(from, to);
    /// assert_eq!((unfreed.len(), &*unfreed[0].path, unfreed[0].blocks), (1, "ai", 11));
    /// drop(cache);
    /// assert!(alloc.unfreed_traffic(from, to).is_empty());
    /// ```
    pub fn unfreed_traffic(&self, from: TrafficMark, to: TrafficMark) -> Vec<UnfreedTraffic> {
        let mut sums = vec![LiveBlocks::default(); self.shared.tags.len()];
        tracking::add_live(self.shared.id, from.era..to.era, &mut sums);
        let tags = sums.iter().zip(self.shared.tags.list());
        let unfreed = tags.filter(|(sum, _)| sum.blocks > 0).map(|(sum, (_, _, path))| UnfreedTraffic {
            path,
            bytes: sum.bytes,
            blocks: sum.blocks,
        });
        let mut unfreed: Vec<UnfreedTraffic> = unfreed.collect();
        unfreed.sort_by(|a, b| b.bytes.cmp(&a.bytes).then_with(|| a.path.cmp(&b.path)));
        unfreed
    }

    /// Fills in what is alive under each tag, if that is known.
    pub(super) fn add_live_traffic(&self, tags: &mut [MemoryStats]) {
        if !tracking::is_live() {
            return;
        }
        let mut sums = vec![LiveBlocks::default(); tags.len()];
        tracking::add_live(self.shared.id, 0..u64::MAX, &mut sums);
        for (tag, sum) in tags.iter_mut().zip(sums) {
            tag.traffic.live_bytes = Some(sum.bytes);
            tag.traffic.live_blocks = Some(sum.blocks);
        }
    }
}
