//! The mode that knows what is alive.

use core::alloc::{GlobalAlloc, Layout};

use super::{Tracking, counters, labels};

/// The mode of [`Tracking`] that also knows whose each block is: what is alive by tag, and what was allocated between two
/// frames and never freed.
///
/// Each block grows by two bytes, which say whose it is. A reallocation leaves it with its owner, and so does a free on
/// another thread. The owner is the tag that is current in the allocator which the thread used last; on a thread that
/// has used none, nobody ([`unattributed`](super::unattributed)). What the library takes for itself is not counted.
///
/// [`TrafficStats::live_bytes`](crate::TrafficStats) has the figures of a tag;
/// [`SmartAlloc::unfreed_traffic`](crate::SmartAlloc::unfreed_traffic) those between two marks.
///
/// Cost: four atomic additions for a block's life, about 130 instructions in all. It is a tool for finding out, not a
/// default.
///
/// ```
/// use framealloc::{SmartAlloc, Tracking, tracking::Live};
/// use std::alloc::System;
///
/// #[global_allocator]
/// static GLOBAL: Tracking<System, Live> = Tracking::new(System);
///
/// let alloc = SmartAlloc::with_defaults();
/// let kept = alloc.with_tag("ui", |_| vec![0_u8; 1000]);
/// let live = || alloc.tag_stats("ui").unwrap().traffic.live_bytes;
/// assert_eq!(live(), Some(1000));
/// drop(kept); // outside of the tag: what is alive belongs to its owner
/// assert_eq!(live(), Some(0));
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Live;

/// Bytes behind the caller's (T4).
const TRAILER: usize = size_of::<u16>();

/// The layout of a block with its trailer; `None` where that is no valid one.
#[inline]
fn whole(size: usize, align: usize) -> Option<Layout> {
    Layout::from_size_align(size.checked_add(TRAILER)?, align).ok()
}

/// The layout that [`whole`] gave when the block was made.
///
/// # Safety
///
/// A block of this layout is alive.
#[inline]
unsafe fn whole_of(layout: Layout) -> Layout {
    // SAFETY: T4: by the caller the block was made with this sum, which was valid then.
    unsafe { Layout::from_size_align_unchecked(layout.size() + TRAILER, layout.align()) }
}

/// Writes the label of a block with `size` bytes of its caller.
///
/// # Safety
///
/// The block holds `size` bytes and the trailer, and nobody else uses it.
#[inline]
unsafe fn write_label(block: *mut u8, size: usize, label: u16) {
    // SAFETY: T4: by the caller the trailer lies inside the block; bytes need no alignment.
    unsafe { block.add(size).cast::<[u8; TRAILER]>().write(label.to_ne_bytes()) };
}

/// Reads what [`write_label`] wrote.
///
/// # Safety
///
/// The block is alive, with `size` bytes of its caller.
#[inline]
unsafe fn read_label(block: *mut u8, size: usize) -> u16 {
    // SAFETY: T4: by the caller the trailer lies inside the block and was written when the block was made.
    u16::from_ne_bytes(unsafe { block.add(size).cast::<[u8; TRAILER]>().read() })
}

/// Counts a fresh block and labels it.
///
/// # Safety
///
/// `block` is null, or fresh with [`whole`]'s layout for `size`.
#[inline]
unsafe fn made(block: *mut u8, size: usize) -> *mut u8 {
    if !block.is_null() {
        counters::allocated(size);
        // SAFETY: T4: by the caller.
        unsafe { write_label(block, size, labels::charge(size)) };
    }
    block
}

// SAFETY: T4: each block of the wrapped allocator is the caller's block and two bytes behind it, with the alignment asked
// for; `dealloc` and `realloc` find its layout from the caller's. T2, T3: what is added does not unwind, and what it
// allocates does not come back here.
unsafe impl<A: GlobalAlloc> GlobalAlloc for Tracking<A, Live> {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let Some(whole) = whole(layout.size(), layout.align()) else {
            return core::ptr::null_mut();
        };
        // SAFETY: T4: the size is not zero; the block is fresh.
        unsafe { made(self.inner.alloc(whole), layout.size()) }
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        counters::freed(layout.size());
        // SAFETY: T4: by the caller the block is alive with this layout, and nobody uses it any more.
        unsafe {
            labels::credit(read_label(block, layout.size()), layout.size());
            self.inner.dealloc(block, whole_of(layout));
        }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        let Some(whole) = whole(layout.size(), layout.align()) else {
            return core::ptr::null_mut();
        };
        // SAFETY: T4: as in `alloc`; the label is behind the caller's bytes.
        unsafe { made(self.inner.alloc_zeroed(whole), layout.size()) }
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        let Some(new) = whole(new_size, layout.align()) else {
            return core::ptr::null_mut();
        };
        // SAFETY: T4: the block is alive with this layout; a new size that `whole` accepts is one that the wrapped
        // allocator may be asked for. The label is read before the block may move or lose its end, and written after;
        // where the request fails the block is as it was.
        unsafe {
            let label = read_label(block, layout.size());
            let moved = self.inner.realloc(block, whole_of(layout), new.size());
            if !moved.is_null() {
                counters::reallocated(layout.size(), new_size);
                labels::resize(label, layout.size(), new_size);
                write_label(moved, new_size, label);
            }
            moved
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::alloc::System;

    static GLOBAL: Tracking<System, Live> = Tracking::new(System);
    const NOT_COUNTED: u16 = u16::MAX;

    #[test]
    fn every_layout_keeps_its_bytes_and_its_label() {
        for align in [1, 2, 8, 64, 4096] {
            for size in [1, 2, 3, 7, 8, 100, 4095, 4096, 70_000] {
                let layout = Layout::from_size_align(size, align).unwrap();
                // SAFETY: T4: one block at a time, with the layout it has, from first to last call.
                unsafe {
                    let block = counters::exempt(|| GLOBAL.alloc_zeroed(layout));
                    assert!(block.addr().is_multiple_of(align));
                    assert!((0..size).all(|at| block.add(at).read() == 0));
                    block.write_bytes(0xFF, size);
                    write_label(block, size, NOT_COUNTED);
                    let mut now = block;
                    let mut old_size = size;
                    for new_size in [size * 3, size / 2 + 1, size + 1] {
                        let layout = Layout::from_size_align(old_size, align).unwrap();
                        now = GLOBAL.realloc(now, layout, new_size);
                        let kept = old_size.min(new_size);
                        assert!(now.addr().is_multiple_of(align));
                        assert!((0..kept.min(size / 2 + 1)).all(|at| now.add(at).read() == 0xFF));
                        assert_eq!(read_label(now, new_size), NOT_COUNTED);
                        old_size = new_size;
                    }
                    GLOBAL.dealloc(now, Layout::from_size_align(old_size, align).unwrap());
                }
            }
        }
    }

    #[test]
    fn sizes_that_leave_no_room_for_the_label_are_refused() {
        let largest = isize::MAX as usize;
        let before = counters::thread_counters();
        for (size, align) in [(largest, 1), (largest - 1, 1), (largest - 4095, 4096)] {
            let layout = Layout::from_size_align(size, align).unwrap();
            // SAFETY: T4: the layout is not empty; the small block has the layout it is freed with.
            unsafe {
                assert!(GLOBAL.alloc(layout).is_null() && GLOBAL.alloc_zeroed(layout).is_null());
                let small = Layout::from_size_align(8, align).unwrap();
                let block = counters::exempt(|| GLOBAL.alloc(small));
                block.write(7);
                assert!(GLOBAL.realloc(block, small, size).is_null());
                assert_eq!(block.read(), 7, "the block is as it was");
                counters::exempt(|| GLOBAL.dealloc(block, small));
            }
        }
        assert_eq!(counters::thread_counters(), before);
    }
}
