//! A backend that fails when it is told to.

use std::alloc::Layout;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU64, Ordering};

use framealloc::backend::{AllocatorBackend, BackendCounts, CountingBackend, SystemBackend};

/// What a [`FailingBackend`] fills fresh and returned blocks with, so that memory which is used after its end, or read
/// before its beginning, shows.
const FRESH: u8 = 0xcd;
const STALE: u8 = 0xdd;

/// The system's memory, counted, with failures on demand.
#[derive(Debug)]
pub struct FailingBackend {
    counting: CountingBackend<SystemBackend>,
    requests: AtomicU64,
    /// Requests from this number on fail ...
    fail_from: AtomicU64,
    /// ... up to this one, which succeeds again.
    fail_until: AtomicU64,
    failed: AtomicU64,
}

impl Default for FailingBackend {
    fn default() -> Self {
        Self {
            counting: CountingBackend::new(SystemBackend::new()),
            requests: AtomicU64::new(0),
            fail_from: AtomicU64::new(u64::MAX),
            fail_until: AtomicU64::new(u64::MAX),
            failed: AtomicU64::new(0),
        }
    }
}

impl FailingBackend {
    /// The `nth` request from now on (0 is the next) fails, and `count - 1` after it.
    pub fn fail(&self, nth: u64, count: u64) {
        let from = self.requests() + nth;
        self.fail_until.store(from.saturating_add(count), Ordering::SeqCst);
        self.fail_from.store(from, Ordering::SeqCst);
    }

    /// Requests succeed again.
    pub fn heal(&self) {
        self.fail_from.store(u64::MAX, Ordering::SeqCst);
    }

    /// Whether a failure is still to come.
    pub fn is_armed(&self) -> bool {
        let (from, until) = (self.fail_from.load(Ordering::SeqCst), self.fail_until.load(Ordering::SeqCst));
        from != u64::MAX && self.requests() < until
    }

    /// Requests so far.
    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::SeqCst)
    }

    /// Requests that were made to fail.
    pub fn failed(&self) -> u64 {
        self.failed.load(Ordering::SeqCst)
    }

    /// What is out.
    pub fn counts(&self) -> BackendCounts {
        self.counting.counts()
    }

    /// Forgets the peak.
    pub fn reset_peak(&self) {
        self.counting.reset_peak();
    }
}

// SAFETY: every block comes from `SystemBackend` and goes back to it with the same layout; what is written to a block is
// written while nobody else owns it.
unsafe impl AllocatorBackend for FailingBackend {
    fn allocate(&self, layout: Layout) -> Option<NonNull<u8>> {
        assert!(layout.size() > 0, "a backend is never asked for nothing");
        let request = self.requests.fetch_add(1, Ordering::SeqCst);
        let (from, until) = (self.fail_from.load(Ordering::SeqCst), self.fail_until.load(Ordering::SeqCst));
        if (from..until).contains(&request) {
            self.failed.fetch_add(1, Ordering::SeqCst);
            return None;
        }
        let block = self.counting.allocate(layout)?;
        // SAFETY: the block is fresh and has this size.
        unsafe { block.write_bytes(FRESH, layout.size().min(1 << 16)) };
        Some(block)
    }

    unsafe fn deallocate(&self, ptr: NonNull<u8>, layout: Layout) {
        // SAFETY: by the caller, the block has this layout and nobody uses it any more.
        unsafe {
            ptr.write_bytes(STALE, layout.size().min(1 << 16));
            self.counting.deallocate(ptr, layout);
        }
    }
}

/// Runs `program` with the nth request failing, for every n, until it says that no request failed. At least `least` requests
/// are made.
#[track_caller]
pub fn fail_at_each_request(least: u64, mut program: impl FnMut(u64) -> u64) {
    let mut nth = 0;
    while program(nth) > 0 {
        nth += 1;
    }
    assert!(nth > least, "{nth} requests only");
}
