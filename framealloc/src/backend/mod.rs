//! Where memory comes from: the contract of a backend and the ones that are provided.
//!
//! The allocators take memory in few, large pieces (chunks of frames, 64 KiB pages of the pool) and one heap object at a
//! time, so a backend is called rarely and may cost something.
//!
//! | type | role |
//! |---|---|
//! | [`AllocatorBackend`] | the contract; users implement it for their own source of memory |
//! | [`SystemBackend`] | the operating system's allocator, optionally pre-faulted or in huge pages |
//! | [`LimitedBackend`] | refuses what would pass a number of bytes |
//! | [`CountingBackend`] | counts bytes, blocks and calls |
//!
//! Backends nest: `CountingBackend<LimitedBackend<SystemBackend>>` counts what a limited backend hands out, and an
//! `Arc` of a backend is a backend, so that its counters can be read while the allocator uses it.
//!
//! # Invariants
//!
//! - **M1** A backend here hands out the blocks of one source, which is the backend inside it or the system's allocator,
//!   and gives each of them back to that source with the layout it was taken with. No state of its own keeps them valid.
//! - **M2** The system's allocator is asked for sizes above zero only, and a block is written to only between taking it
//!   and handing it out.

#![expect(unsafe_code, reason = "backends hand out raw memory")]

mod counting;
mod limited;
mod system;
#[cfg(test)]
mod tests;
#[cfg(all(test, framealloc_loom))]
mod watched;

pub use counting::{BackendCounts, CountingBackend};
pub use limited::LimitedBackend;
pub use system::SystemBackend;
#[cfg(all(test, framealloc_loom))]
pub(crate) use watched::{WatchedBackend, WatchedHandle};

use core::alloc::Layout;
use core::any::Any;
use core::ptr::NonNull;
use std::sync::Arc;

/// A source of memory.
///
/// # Safety
///
/// The allocators build on these promises of an implementation:
///
/// - A block that [`allocate`](Self::allocate) returned has at least the layout's size and alignment, overlaps no other
///   live block and nothing else that anybody uses, and stays valid until it is given to
///   [`deallocate`](Self::deallocate), whatever happens to the backend value in between: dropping the backend frees
///   nothing that is still out.
/// - Memory may be allocated on one thread and given back on another.
/// - Neither method unwinds.
///
/// No lock of the allocator is held during a call, so a backend may itself use the allocator it serves, as long as that
/// recursion ends.
///
/// # Example
///
/// A backend that fails every call after the first `n`, for tests of out-of-memory handling:
///
/// ```
/// use core::alloc::Layout;
/// use core::ptr::NonNull;
/// use core::sync::atomic::{AtomicIsize, Ordering};
/// use framealloc::backend::{AllocatorBackend, SystemBackend};
///
/// struct FailAfter {
///     left: AtomicIsize,
///     system: SystemBackend,
/// }
///
/// // SAFETY: every block comes from `SystemBackend` and goes back to it with the same layout.
/// unsafe impl AllocatorBackend for FailAfter {
///     fn allocate(&self, layout: Layout) -> Option<NonNull<u8>> {
///         if self.left.fetch_sub(1, Ordering::Relaxed) <= 0 {
///             return None;
///         }
///         self.system.allocate(layout)
///     }
///
///     unsafe fn deallocate(&self, ptr: NonNull<u8>, layout: Layout) {
///         // SAFETY: the caller passes a block of `allocate` above, which is one of `system`.
///         unsafe { self.system.deallocate(ptr, layout) }
///     }
/// }
///
/// let backend = FailAfter { left: AtomicIsize::new(1), system: SystemBackend::new() };
/// let layout = Layout::new::<[u64; 8]>();
/// let block = backend.allocate(layout).unwrap();
/// assert!(backend.allocate(layout).is_none());
/// // SAFETY: `block` was allocated above with this layout and is not used afterwards.
/// unsafe { backend.deallocate(block, layout) };
/// ```
pub unsafe trait AllocatorBackend: Any + Send + Sync {
    /// A block of memory for `layout`, or `None` when there is none. The contents are arbitrary.
    ///
    /// The allocators never ask for a size of zero; an implementation may answer `None` to it.
    fn allocate(&self, layout: Layout) -> Option<NonNull<u8>>;

    /// Takes a block back.
    ///
    /// # Safety
    ///
    /// - `ptr` came from [`allocate`](Self::allocate) of this backend (or of a clone that shares its memory) with the
    ///   same `layout`, and has not been given back since.
    /// - Nobody uses the block any more.
    unsafe fn deallocate(&self, ptr: NonNull<u8>, layout: Layout);
}

// SAFETY: M1: both methods are those of the backend inside, which keeps the contract.
unsafe impl<B: AllocatorBackend + ?Sized> AllocatorBackend for Arc<B> {
    #[inline]
    fn allocate(&self, layout: Layout) -> Option<NonNull<u8>> {
        (**self).allocate(layout)
    }

    #[inline]
    unsafe fn deallocate(&self, ptr: NonNull<u8>, layout: Layout) {
        // SAFETY: the caller keeps the contract, which is the same one.
        unsafe { (**self).deallocate(ptr, layout) }
    }
}
