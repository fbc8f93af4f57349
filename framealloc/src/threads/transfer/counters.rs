//! What is counted about the transfers of one allocator.

#![forbid(unsafe_code)]

use super::stats::TransferStats;
use crate::sys::sync::{AtomicU64, Ordering};

/// The transfers of one allocator.
pub(crate) struct TransferCounters {
    sent: AtomicU64,
    sent_bytes: AtomicU64,
    received: AtomicU64,
    crossed: AtomicU64,
    dropped: AtomicU64,
    in_flight: AtomicU64,
    in_flight_bytes: AtomicU64,
    peak_in_flight: AtomicU64,
}

impl TransferCounters {
    pub(crate) fn new() -> Self {
        let zero = || AtomicU64::new(0);
        Self {
            sent: zero(),
            sent_bytes: zero(),
            received: zero(),
            crossed: zero(),
            dropped: zero(),
            in_flight: zero(),
            in_flight_bytes: zero(),
            peak_in_flight: zero(),
        }
    }

    pub(super) fn count_sent(&self, bytes: u64) {
        add(&self.sent, 1);
        add(&self.sent_bytes, bytes);
        add(&self.in_flight_bytes, bytes);
        let now = self.in_flight.fetch_add(1, Ordering::Relaxed) + 1;
        self.peak_in_flight.fetch_max(now, Ordering::Relaxed);
    }

    pub(super) fn count_received(&self, bytes: u64, crossed: bool) {
        self.count_landed(bytes);
        add(&self.received, 1);
        add(&self.crossed, u64::from(crossed));
    }

    fn count_landed(&self, bytes: u64) {
        self.in_flight.fetch_sub(1, Ordering::Relaxed);
        self.in_flight_bytes.fetch_sub(bytes, Ordering::Relaxed);
    }

    pub(crate) fn stats(&self) -> TransferStats {
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        TransferStats {
            sent: get(&self.sent),
            sent_bytes: get(&self.sent_bytes),
            received: get(&self.received),
            crossed: get(&self.crossed),
            dropped: get(&self.dropped),
            in_flight: get(&self.in_flight),
            in_flight_bytes: get(&self.in_flight_bytes),
            peak_in_flight: get(&self.peak_in_flight),
        }
    }

    pub(super) fn count_dropped(&self, bytes: u64) {
        self.count_landed(bytes);
        add(&self.dropped, 1);
    }
}

fn add(counter: &AtomicU64, value: u64) {
    counter.fetch_add(value, Ordering::Relaxed);
}
