//! The operating system's allocator.

use super::AllocatorBackend;
use crate::error::AllocError;
use core::alloc::{GlobalAlloc, Layout};
use core::any::Any;
use core::ptr::NonNull;
use std::alloc::System;

/// The size and alignment of a huge page.
const HUGE_PAGE: usize = 2 << 20;

/// One write in each run of this many bytes makes the whole block resident.
const SMALL_PAGE: usize = 4096;

/// Memory from the system's allocator ([`std::alloc::System`]), past any `#[global_allocator]`.
///
/// Two options make frame times steadier: *pre-faulting* writes to every page of a block when it is taken, so that no
/// page fault happens in the middle of a frame, and *huge pages* ask Linux to back large blocks with 2 MiB pages.
///
/// ```
/// use core::alloc::Layout;
/// use framealloc::backend::{AllocatorBackend, SystemBackend};
///
/// let backend = SystemBackend::new().with_prefault(true);
/// let layout = Layout::from_size_align(1 << 20, 4096).unwrap();
/// let block = backend.allocate(layout).unwrap();
/// assert_eq!(block.addr().get() % 4096, 0);
/// // SAFETY: the block came from this backend with this layout and is not used afterwards.
/// unsafe { backend.deallocate(block, layout) };
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemBackend {
    prefault: bool,
    huge_pages: bool,
}

impl SystemBackend {
    /// The system's allocator without options.
    pub const fn new() -> Self {
        Self { prefault: false, huge_pages: false }
    }

    /// Whether every page of a block is written to when the block is taken. Costs about 0.25 us per 4 KiB page then,
    /// which the first use of the page would have cost otherwise.
    #[must_use]
    pub const fn with_prefault(mut self, prefault: bool) -> Self {
        self.prefault = prefault;
        self
    }

    /// Asks for huge pages: blocks of 2 MiB and more are aligned to 2 MiB and advised to the kernel
    /// (`madvise(MADV_HUGEPAGE)`). Smaller blocks are served as without the option. The advice may be ignored, for
    /// instance where `/sys/kernel/mm/transparent_hugepage/enabled` says `never`.
    ///
    /// # Errors
    ///
    /// [`AllocError::Unsupported`] on every system but Linux.
    pub fn with_huge_pages(mut self) -> Result<Self, AllocError> {
        if cfg!(target_os = "linux") {
            self.huge_pages = true;
            Ok(self)
        } else {
            Err(AllocError::Unsupported {
                what: "huge pages are asked for with madvise, which only Linux has",
            })
        }
    }

    /// Whether `backend` is the system's allocator without options.
    pub(crate) fn is_plain(backend: &dyn AllocatorBackend) -> bool {
        let system = (backend as &dyn Any).downcast_ref::<Self>();
        system.is_some_and(|system| !system.prefault && !system.huge_pages)
    }

    /// The layout that is really taken for `layout`: a function of the options and of `layout` alone, so that
    /// `deallocate` finds the same one.
    #[inline]
    fn effective(&self, layout: Layout) -> Layout {
        if self.huge_pages && layout.size() >= HUGE_PAGE {
            layout.align_to(HUGE_PAGE).unwrap_or(layout)
        } else {
            layout
        }
    }

    /// `allocate` with options.
    #[cold]
    #[inline(never)]
    fn allocate_prepared(&self, layout: Layout) -> Option<NonNull<u8>> {
        let effective = self.effective(layout);
        // SAFETY: the caller has seen that the size is not zero.
        let block = NonNull::new(unsafe { System.alloc(effective) })?;
        if self.huge_pages && layout.size() >= HUGE_PAGE {
            advise_huge_pages(block, layout.size());
        }
        if self.prefault {
            for offset in (0..layout.size()).step_by(SMALL_PAGE) {
                // SAFETY: M2: `offset` is inside the block, which is fresh and belongs to this call alone.
                unsafe { block.add(offset).write_volatile(0) };
            }
        }
        Some(block)
    }
}

#[cfg(all(target_os = "linux", not(miri)))]
fn advise_huge_pages(block: NonNull<u8>, size: usize) {
    // The tail that fills no huge page could not be one.
    let whole = size & !(HUGE_PAGE - 1);
    // SAFETY: M2: the range is inside the block, which is not handed out yet, and this advice changes no contents and
    // frees nothing. A failure leaves small pages, which is correct too.
    unsafe { libc::madvise(block.as_ptr().cast(), whole, libc::MADV_HUGEPAGE) };
}

#[cfg(not(all(target_os = "linux", not(miri))))]
fn advise_huge_pages(_block: NonNull<u8>, _size: usize) {}

// SAFETY: M1: `System` hands out disjoint blocks of the size and alignment asked for, on any thread, and does not unwind;
// no state of this value is needed to keep them valid.
unsafe impl AllocatorBackend for SystemBackend {
    #[inline]
    fn allocate(&self, layout: Layout) -> Option<NonNull<u8>> {
        if layout.size() == 0 {
            return None;
        }
        if self.prefault | self.huge_pages {
            return self.allocate_prepared(layout);
        }
        // SAFETY: M2: the size is not zero.
        NonNull::new(unsafe { System.alloc(layout) })
    }

    #[inline]
    unsafe fn deallocate(&self, ptr: NonNull<u8>, layout: Layout) {
        // SAFETY: the caller passes a block of `allocate` with the layout of that call, and `effective` is a function
        // of that layout.
        unsafe { System.dealloc(ptr.as_ptr(), self.effective(layout)) }
    }
}
