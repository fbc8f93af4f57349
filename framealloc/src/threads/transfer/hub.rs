//! What the transfers of one allocator share.

#![forbid(unsafe_code)]

use core::mem::MaybeUninit;
use std::sync::Arc;

use super::stats::TransferStats;
use crate::diagnostics::{self, Diagnostic};
use crate::pool::{Depot, PoolAlloc, PoolBox};
use crate::sys::sync::{AtomicU64, Ordering};
use crate::threads::{DeferredQueue, Node, Reporter};

/// The transfers of one allocator; its handles keep it.
pub(crate) struct TransferHub {
    sent: AtomicU64,
    sent_bytes: AtomicU64,
    received: AtomicU64,
    crossed: AtomicU64,
    dropped: AtomicU64,
    in_flight: AtomicU64,
    in_flight_bytes: AtomicU64,
    peak_in_flight: AtomicU64,
    pool: Arc<Depot>,
    queue: Arc<DeferredQueue>,
    reporter: Arc<dyn Reporter>,
}

impl TransferHub {
    /// For values of `pool`. Those that nobody receives pass through `queue`, if it is in use.
    pub(crate) fn new(pool: Arc<Depot>, queue: Arc<DeferredQueue>, reporter: Arc<dyn Reporter>) -> Self {
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
            pool,
            queue,
            reporter,
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

    /// Frees a value that nobody received, and reports it.
    pub(super) fn lose<T: Send + 'static>(
        &self,
        value: PoolBox<T>,
        tag: u16,
        report: &(dyn Fn() -> Diagnostic + '_),
    ) {
        struct Tell<'a>(&'a dyn Reporter, &'a dyn Fn() -> Diagnostic);
        impl Drop for Tell<'_> {
            fn drop(&mut self) {
                self.0.report(self.1);
            }
        }
        self.count_landed(size_of::<T>() as u64);
        add(&self.dropped, 1);
        // After the value is gone, also when its destructor panics.
        let _tell = Tell(&*self.reporter, report);
        if !self.queue.is_in_use() {
            return drop(value);
        }
        match PoolAlloc::new(self.pool.clone(), tag).try_box(MaybeUninit::uninit()) {
            Ok(node) => {
                // Not refusable, so nothing comes back.
                let _ = self.queue.push(node.write(Node::new(value)), false);
            }
            Err(_) => {
                self.queue.count_without_memory(false);
                drop(value);
            }
        }
    }
}

fn add(counter: &AtomicU64, value: u64) {
    counter.fetch_add(value, Ordering::Relaxed);
}

/// The report about a value of type `T` that nobody received.
pub(super) fn unreceived<T>(location: &'static core::panic::Location<'static>) -> Diagnostic {
    let message = format!(
        "a `{}` of {} bytes was boxed for transfer and dropped unreceived",
        core::any::type_name::<T>(),
        size_of::<T>()
    );
    Diagnostic::new(&diagnostics::FA201, message).with_location(location).with_suggestion(
        "receive every handle, also those left in a channel that is closed, or send a plain value",
    )
}
