//! A backend that counts.

use super::AllocatorBackend;
use core::alloc::Layout;
use core::ptr::NonNull;
use core::sync::atomic::{AtomicU64, Ordering};

/// Counts what goes through another backend.
///
/// Each call costs a few relaxed atomic operations. The numbers are exact once the threads that use the backend are
/// quiet; while they run, each number is one that was true a moment ago.
///
/// ```
/// use core::alloc::Layout;
/// use std::sync::Arc;
/// use framealloc::backend::{AllocatorBackend, CountingBackend, SystemBackend};
///
/// let backend = Arc::new(CountingBackend::new(SystemBackend::new()));
/// let layout = Layout::new::<[u8; 100]>();
/// let block = backend.allocate(layout).unwrap();
/// assert_eq!(backend.counts().live_bytes, 100);
/// // SAFETY: the block came from this backend with this layout and is not used afterwards.
/// unsafe { backend.deallocate(block, layout) };
/// let counts = backend.counts();
/// assert_eq!((counts.live_blocks, counts.peak_bytes, counts.allocations), (0, 100, 1));
/// ```
#[derive(Debug)]
pub struct CountingBackend<B> {
    inner: B,
    live_bytes: AtomicU64,
    live_blocks: AtomicU64,
    peak_bytes: AtomicU64,
    allocations: AtomicU64,
    failures: AtomicU64,
}

/// What a [`CountingBackend`] has counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct BackendCounts {
    /// Bytes that are out now.
    pub live_bytes: u64,
    /// Blocks that are out now.
    pub live_blocks: u64,
    /// The most bytes that were out at once.
    pub peak_bytes: u64,
    /// Blocks that were ever handed out.
    pub allocations: u64,
    /// Requests that the inner backend refused.
    pub failures: u64,
}

impl<B> CountingBackend<B> {
    /// Counts what goes through `inner`.
    pub const fn new(inner: B) -> Self {
        Self {
            inner,
            live_bytes: AtomicU64::new(0),
            live_blocks: AtomicU64::new(0),
            peak_bytes: AtomicU64::new(0),
            allocations: AtomicU64::new(0),
            failures: AtomicU64::new(0),
        }
    }

    /// The numbers so far.
    pub fn counts(&self) -> BackendCounts {
        BackendCounts {
            live_bytes: self.live_bytes.load(Ordering::Relaxed),
            live_blocks: self.live_blocks.load(Ordering::Relaxed),
            peak_bytes: self.peak_bytes.load(Ordering::Relaxed),
            allocations: self.allocations.load(Ordering::Relaxed),
            failures: self.failures.load(Ordering::Relaxed),
        }
    }

    /// Forgets the peak: from here on it is the most bytes out at once since this call.
    pub fn reset_peak(&self) {
        self.peak_bytes.store(self.live_bytes.load(Ordering::Relaxed), Ordering::Relaxed);
    }

    /// The backend inside.
    pub const fn inner(&self) -> &B {
        &self.inner
    }
}

// SAFETY: M1: blocks come from the inner backend, which keeps the contract, and go back to it with the same layout.
unsafe impl<B: AllocatorBackend> AllocatorBackend for CountingBackend<B> {
    fn allocate(&self, layout: Layout) -> Option<NonNull<u8>> {
        let Some(block) = self.inner.allocate(layout) else {
            self.failures.fetch_add(1, Ordering::Relaxed);
            return None;
        };
        let size = layout.size() as u64;
        let live = self.live_bytes.fetch_add(size, Ordering::Relaxed) + size;
        self.peak_bytes.fetch_max(live, Ordering::Relaxed);
        self.live_blocks.fetch_add(1, Ordering::Relaxed);
        self.allocations.fetch_add(1, Ordering::Relaxed);
        Some(block)
    }

    unsafe fn deallocate(&self, ptr: NonNull<u8>, layout: Layout) {
        // SAFETY: the caller keeps the contract, which is the same one.
        unsafe { self.inner.deallocate(ptr, layout) };
        self.live_bytes.fetch_sub(layout.size() as u64, Ordering::Relaxed);
        self.live_blocks.fetch_sub(1, Ordering::Relaxed);
    }
}
