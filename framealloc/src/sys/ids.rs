//! Numbers that are never reused: allocators, groups, threads and their records.

use core::cell::Cell;
use core::sync::atomic::{AtomicU64, Ordering};

/// A fresh allocator id. Ids start at 1, so that 0 can mean "no allocator" in a thread-local. 64 bits do not run out:
/// one a nanosecond lasts for centuries.
pub(crate) fn next_allocator_id() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// A fresh number for what one thread counts in one allocator.
pub(crate) fn next_record_number() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// A fresh group id, never used again.
pub(crate) fn next_group_id() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// This thread's number: never 0, never reused.
pub(crate) fn thread_number() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    thread_local! {
        static NUMBER: Cell<u64> = const { Cell::new(0) };
    }
    if NUMBER.get() == 0 {
        NUMBER.set(NEXT.fetch_add(1, Ordering::Relaxed));
    }
    NUMBER.get()
}
