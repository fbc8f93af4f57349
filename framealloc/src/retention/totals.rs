//! What became of all retained values of an allocator.

use super::policy::RetentionPolicy;

/// How many retained values went where, since the allocator was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct PromotionTotals {
    /// Values that moved to the pool.
    pub to_pool: u64,
    /// Values that moved to the heap.
    pub to_heap: u64,
    /// Values that moved to a scratch pool.
    pub to_scratch: u64,
    /// Values that stay for ever.
    pub leaked: u64,
    /// Values that were dropped with their frame, as declared.
    pub discarded: u64,
    /// Values that did not get where they should.
    pub failed: u64,
    /// Bytes of the values that moved to pool, heap or scratch.
    pub promoted_bytes: u64,
}

impl PromotionTotals {
    /// Values that moved to pool, heap or scratch.
    #[must_use]
    pub fn promoted(&self) -> u64 {
        self.to_pool + self.to_heap + self.to_scratch
    }

    /// Counts one value: what it was to become, and whether that worked.
    pub(crate) fn record(&mut self, policy: RetentionPolicy, worked: bool, bytes: u64) {
        let (count, moved) = match policy {
            _ if !worked => (&mut self.failed, false),
            RetentionPolicy::Discard => (&mut self.discarded, false),
            RetentionPolicy::Leak => (&mut self.leaked, false),
            RetentionPolicy::PromoteToPool => (&mut self.to_pool, true),
            RetentionPolicy::PromoteToHeap => (&mut self.to_heap, true),
            RetentionPolicy::PromoteToScratch(_) => (&mut self.to_scratch, true),
        };
        *count += 1;
        self.promoted_bytes += if moved { bytes } else { 0 };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_is_counted_once() {
        let mut totals = PromotionTotals::default();
        for (bytes, policy) in [
            (1, RetentionPolicy::Discard),
            (2, RetentionPolicy::PromoteToPool),
            (4, RetentionPolicy::PromoteToHeap),
            (8, RetentionPolicy::PromoteToScratch("s")),
            (16, RetentionPolicy::Leak),
        ] {
            totals.record(policy, true, bytes);
            totals.record(policy, false, bytes);
        }
        let PromotionTotals { to_pool, to_heap, to_scratch, leaked, discarded, failed, promoted_bytes } =
            totals;
        assert_eq!([to_pool, to_heap, to_scratch, leaked, discarded, failed], [1, 1, 1, 1, 1, 5]);
        assert_eq!((totals.promoted(), promoted_bytes), (3, 14));
    }
}
