//! Heap traffic: a wrapper around any global allocator that counts what each thread does.
//!
//! ```text
//!   Box, Vec, String --> Tracking<A> --> A
//!                           | plain adds to four numbers of this thread
//!   system guard: thread_counters() on entering and on leaving; the difference is the system's
//! ```
//!
//! The wrapper knows no tags. It only counts; whoever switches tag, phase or system reads the counters and attributes the
//! difference since the last switch. In the [`Plain`] mode nothing is kept per block, so a free is counted where it
//! happens. The [`Live`] mode adds to each block the number of its owner:
//!
//! ```text
//!   block from A: | the caller's bytes, layout.size() of them | label, 2 bytes |
//!   label --> (allocator, tag, era); what is alive under it is counted in two atomics
//! ```
//!
//! The label is that of the current tag in the allocator which the thread used last. An *era* is the time between two
//! [`TrafficMark`](crate::TrafficMark)s, so the labels of some eras tell what was allocated between two marks and is alive.
//!
//! # Invariants
//!
//! - **T1** Plain: the wrapped allocator receives exactly the arguments of the caller, and the caller its result.
//! - **T2** The wrapper never allocates, never unwinds and never runs foreign code: the counters are plain numbers in a
//!   thread-local that has neither an initialiser nor a destructor, so they can be reached from the destructors of other
//!   thread-locals too. Sums wrap.
//! - **T3** What runs under `exempt` is not counted: that is the library's own use of the heap. The table of labels is
//!   locked under it alone, so an allocation inside never comes back to the lock.
//! - **T4** Live: the wrapped allocator serves `layout.size() + 2` bytes, at the same alignment, for every block; where
//!   that is not a valid size the request is refused. The last two bytes are the wrapper's; the caller never sees them.
//! - **T5** A thread names the source of its label only while that source lives; whoever frees it clears the name first,
//!   on the same thread.
//! - **T6** A label whose era is over and which counts no block gets no further block, so it may be given out again:
//!   who counts a block looks at the era again afterwards, and takes the count back when it has changed.
//!
//! # Example
//!
//! ```
//! use framealloc::Tracking;
//! use framealloc::tracking::thread_counters;
//! use std::alloc::System;
//!
//! #[global_allocator]
//! static GLOBAL: Tracking<System> = Tracking::new(System);
//!
//! let before = thread_counters();
//! let list = std::hint::black_box(vec![0_u8; 1000]);
//! let used = thread_counters() - before;
//! assert_eq!((used.allocations, used.allocated_bytes, used.frees), (1, 1000, 0));
//! drop(list);
//! ```

#![expect(unsafe_code, reason = "a global allocator is an unsafe trait")]

mod counters;
mod labels;
mod live;

use core::alloc::{GlobalAlloc, Layout};
use core::marker::PhantomData;

pub use counters::{HeapCounters, is_installed, thread_counters};
pub(crate) use counters::{exempt, thread_activity};
pub(crate) use labels::{LabelCache, LabelSource, Payer, add_live, begin_era, clear_source, set_source};
pub use labels::{LiveBlocks, is_live, unattributed};
pub use live::Live;

/// The mode of [`Tracking`] that counts calls and bytes and leaves the blocks as they are.
#[derive(Clone, Copy, Debug, Default)]
pub struct Plain;

/// A global allocator that counts the calls and bytes of each thread and passes everything on to `A`.
///
/// Use it as `#[global_allocator]`; see the [module page](self). A reallocation counts as one allocation of the new size
/// and one free of the old. Calls that fail are not counted. Costs at most 25 instructions per call; in the mode [`Live`]
/// that page says what it costs.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tracking<A, M = Plain> {
    inner: A,
    mode: PhantomData<M>,
}

impl<A, M> Tracking<A, M> {
    /// Wraps `inner`: `std::alloc::System`, or any other global allocator. The mode is that of the static's type.
    #[must_use]
    pub const fn new(inner: A) -> Self {
        Self { inner, mode: PhantomData }
    }

    /// The wrapped allocator.
    #[must_use]
    pub const fn inner(&self) -> &A {
        &self.inner
    }
}

// SAFETY: T1: every method is the wrapped allocator's, whose blocks are never touched. T2: what is added neither
// allocates nor unwinds nor calls foreign code.
unsafe impl<A: GlobalAlloc> GlobalAlloc for Tracking<A, Plain> {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: T1: the caller's duties are those of the wrapped allocator.
        let block = unsafe { self.inner.alloc(layout) };
        if !block.is_null() {
            counters::allocated(layout.size());
        }
        block
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        counters::freed(layout.size());
        // SAFETY: T1: the block came from the wrapped allocator, and the caller passes the layout it was made with.
        unsafe { self.inner.dealloc(block, layout) }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: T1: as in `alloc`.
        let block = unsafe { self.inner.alloc_zeroed(layout) };
        if !block.is_null() {
            counters::allocated(layout.size());
        }
        block
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: T1: the block came from the wrapped allocator, and the caller's duties for layout and size are its.
        let moved = unsafe { self.inner.realloc(block, layout, new_size) };
        if !moved.is_null() {
            counters::reallocated(layout.size(), new_size);
        }
        moved
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::alloc::System;

    /// This binary's global allocator is not wrapped, so only the calls of these tests count.
    #[test]
    fn each_call_is_counted_and_exempt_ones_are_not() {
        let tracking = Tracking::<_, Plain>::new(System);
        let (layout, larger) = (Layout::new::<[u64; 4]>(), Layout::new::<[u64; 8]>());
        let run = || {
            let before = thread_counters();
            // SAFETY: T1: one block at a time, with the layout it has, from first to last call.
            unsafe {
                let block = tracking.alloc(layout);
                let block = tracking.realloc(block, layout, larger.size());
                tracking.dealloc(block, larger);
                let block = tracking.alloc_zeroed(layout);
                assert_eq!(block.cast::<u64>().read(), 0);
                tracking.dealloc(block, layout);
            }
            thread_counters() - before
        };
        let counted = HeapCounters { allocations: 3, allocated_bytes: 128, frees: 3, freed_bytes: 128 };
        assert_eq!(run(), counted);
        assert!(is_installed());
        assert_eq!(exempt(|| exempt(run)), HeapCounters::default());
        assert_eq!(run(), counted);
        let unwound = std::panic::catch_unwind(|| exempt(|| std::panic::panic_any(())));
        assert!(unwound.is_err());
        assert_eq!(run(), counted, "exemption ends by unwinding too");
    }

    struct Empty;

    // SAFETY: T1: it serves nothing, which a global allocator may.
    unsafe impl GlobalAlloc for Empty {
        unsafe fn alloc(&self, _: Layout) -> *mut u8 {
            core::ptr::null_mut()
        }

        unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
    }

    #[test]
    fn failures_are_not_counted() {
        let (tracking, layout, before) =
            (Tracking::<_, Plain>::new(Empty), Layout::new::<u64>(), thread_counters());
        // SAFETY: T1: the layout is not empty.
        let blocks = unsafe { [tracking.alloc(layout), tracking.alloc_zeroed(layout)] };
        assert!(blocks.iter().all(|block| block.is_null()));
        assert_eq!(thread_counters(), before);
    }
}
