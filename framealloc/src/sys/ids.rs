//! Numbers that are never reused: allocators and threads.

use core::sync::atomic::{AtomicU64, Ordering};

/// A fresh allocator id. Ids start at 1, so that 0 can mean "no allocator" in a thread-local. 64 bits do not run out:
/// one a nanosecond lasts for centuries.
pub(crate) fn next_allocator_id() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}
