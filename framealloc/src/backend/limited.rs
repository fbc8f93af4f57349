//! A backend that refuses what would pass a number of bytes.

use super::AllocatorBackend;
use core::alloc::Layout;
use core::ptr::NonNull;
use core::sync::atomic::{AtomicUsize, Ordering};

/// At most `limit` bytes of another backend at a time.
///
/// The limit counts the sizes that are asked for, and is never exceeded, not even for a moment by racing threads: the
/// bytes are reserved before the inner backend is called.
///
/// ```
/// use core::alloc::Layout;
/// use framealloc::backend::{AllocatorBackend, LimitedBackend, SystemBackend};
///
/// let backend = LimitedBackend::new(SystemBackend::new(), 1000);
/// let layout = Layout::from_size_align(600, 8).unwrap();
/// let block = backend.allocate(layout).unwrap();
/// assert_eq!(backend.used(), 600);
/// assert!(backend.allocate(layout).is_none());
/// // SAFETY: the block came from this backend with this layout and is not used afterwards.
/// unsafe { backend.deallocate(block, layout) };
/// assert_eq!(backend.used(), 0);
/// ```
#[derive(Debug)]
pub struct LimitedBackend<B> {
    inner: B,
    limit: usize,
    used: AtomicUsize,
}

impl<B> LimitedBackend<B> {
    /// At most `limit` bytes of `inner` at a time.
    pub const fn new(inner: B, limit: usize) -> Self {
        Self { inner, limit, used: AtomicUsize::new(0) }
    }

    /// The limit in bytes.
    pub const fn limit(&self) -> usize {
        self.limit
    }

    /// Bytes that are out now.
    pub fn used(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }

    /// The backend inside.
    pub const fn inner(&self) -> &B {
        &self.inner
    }
}

// SAFETY: M1: blocks come from the inner backend, which keeps the contract, and go back to it with the same layout.
unsafe impl<B: AllocatorBackend> AllocatorBackend for LimitedBackend<B> {
    fn allocate(&self, layout: Layout) -> Option<NonNull<u8>> {
        let size = layout.size();
        self.used
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |used| {
                used.checked_add(size).filter(|&total| total <= self.limit)
            })
            .ok()?;
        let block = self.inner.allocate(layout);
        if block.is_none() {
            self.used.fetch_sub(size, Ordering::Relaxed);
        }
        block
    }

    unsafe fn deallocate(&self, ptr: NonNull<u8>, layout: Layout) {
        // SAFETY: the caller keeps the contract, which is the same one.
        unsafe { self.inner.deallocate(ptr, layout) };
        // After the block is back, so that the bytes out never pass the limit.
        self.used.fetch_sub(layout.size(), Ordering::Relaxed);
    }
}
