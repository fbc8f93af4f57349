//! Pages: 64 KiB of one group's blocks behind a header, and the blocks of large objects, which look alike from the
//! object's side.

use super::class::{block_align, block_size};
use super::group::Group;
use crate::backend::AllocatorBackend;
use crate::raw::poison;
use core::alloc::Layout;
use core::cell::Cell;
use core::num::NonZeroUsize;
use core::ptr::{self, NonNull};

/// The size and alignment of a page.
pub(super) const PAGE: usize = 64 << 10;

pub(super) const PAGE_LAYOUT: Layout = match Layout::from_size_align(PAGE, PAGE) {
    Ok(layout) => layout,
    Err(_) => unreachable!(),
};

/// A block that is free: its first word links it to the next one.
struct FreeBlock {
    next: *mut FreeBlock,
}

/// What every page begins with. `group`, `page`, `capacity` and `size` never change; the rest is guarded by the group's lock
/// (P3).
#[repr(C)]
pub(super) struct PageHeader {
    /// First, because every free reads it.
    pub(super) group: *const Group,
    /// This page. A block may come back by a pointer that is good for the block alone: through it only what never changes
    /// may be read of the header.
    pub(super) page: *mut PageHeader,
    pub(super) next: Cell<*mut PageHeader>,
    pub(super) prev: Cell<*mut PageHeader>,
    /// Blocks that came back.
    free: Cell<*mut FreeBlock>,
    /// Blocks that are outside the page: at a user or in a rack.
    out: Cell<u32>,
    /// Blocks that were ever handed out; those above have not been written to yet.
    carved: Cell<u32>,
    capacity: u32,
    size: u32,
}

/// The header of a large object's block.
#[repr(C)]
pub(super) struct LargeHeader {
    page: PageHeader,
    /// What the backend returned, and for which layout.
    base: *mut u8,
    layout: Layout,
    /// The size that was asked for.
    pub(super) size: usize,
}

/// The header of the page that `object` lies in. An object never begins where its page begins (P2), which the
/// subtraction turns to account for objects that are themselves aligned to 64 KiB or more.
#[inline(always)]
pub(super) fn header_of(object: NonNull<u8>) -> *mut PageHeader {
    object.as_ptr().map_addr(|addr| (addr - 1) & !(PAGE - 1)).cast()
}

impl PageHeader {
    /// A new page of `group`, all of its blocks inside; `None` when the backend has no memory.
    pub(super) fn create(backend: &dyn AllocatorBackend, group: &Group) -> Option<NonNull<PageHeader>> {
        let page = backend.allocate(PAGE_LAYOUT)?.cast::<PageHeader>();
        let size = block_size(group.class);
        // SAFETY: P2: the block is fresh and this call's, holds a header, and is aligned to 64 KiB.
        unsafe {
            page.write(PageHeader {
                group,
                page: page.as_ptr(),
                next: Cell::new(ptr::null_mut()),
                prev: Cell::new(ptr::null_mut()),
                free: Cell::new(ptr::null_mut()),
                out: Cell::new(0),
                carved: Cell::new(0),
                capacity: ((PAGE - first_offset(group)) / size) as u32,
                size: size as u32,
            });
        }
        Some(page)
    }

    /// Gives a page back to the backend.
    ///
    /// # Safety
    ///
    /// - `page` came from [`create`](Self::create) with this backend, none of its blocks is outside, and nothing refers
    ///   to it any more.
    pub(super) unsafe fn destroy(page: *mut PageHeader, backend: &dyn AllocatorBackend) {
        poison::reclaimed(page.cast(), PAGE);
        // SAFETY: the caller's promise; `create` took it with this layout.
        unsafe { backend.deallocate(NonNull::new_unchecked(page.cast()), PAGE_LAYOUT) };
    }

    /// Whether no block is outside.
    pub(super) fn is_empty(&self) -> bool {
        self.out.get() == 0
    }

    /// Whether every block is outside.
    pub(super) fn is_exhausted(&self) -> bool {
        self.out.get() == self.capacity
    }

    /// Takes a block: one that came back, else a fresh one, which is written to by its user first, so that the unused tail
    /// of a page never becomes resident. `None` when the page is exhausted.
    ///
    /// # Safety
    ///
    /// - `page` is a live page and the caller holds its group's lock (P3).
    pub(super) unsafe fn take(page: *mut PageHeader) -> Option<NonNull<u8>> {
        // SAFETY: the caller's promise. Only this reference to the header exists while the lock is held, and the fields
        // are cells.
        let this = unsafe { &*page };
        let block = match NonNull::new(this.free.get()) {
            Some(block) => {
                // SAFETY: P1: a block on the page's list belongs to the page; now it is the caller's.
                this.free.set(unsafe { block.as_ref() }.next);
                block.cast()
            }
            None if this.carved.get() < this.capacity => {
                let index = this.carved.get() as usize;
                this.carved.set(index as u32 + 1);
                // SAFETY: `index < capacity`, so by the computation of `capacity` the block lies inside the page, and
                // nobody has had it yet (P1). `page` has the provenance of the whole page.
                unsafe {
                    let offset = first_offset(&*this.group) + index * this.size as usize;
                    NonNull::new_unchecked(page.cast::<u8>().add(offset))
                }
            }
            None => return None,
        };
        this.out.set(this.out.get() + 1);
        Some(block)
    }

    /// Puts the block at an address back into its page.
    ///
    /// # Safety
    ///
    /// - `page` is a live page and the caller holds its group's lock (P3).
    /// - A block of it begins there, which was outside until now and belongs to the caller (P1).
    pub(super) unsafe fn put(page: *mut PageHeader, block: NonZeroUsize) {
        let block = page.with_addr(block.get()).cast::<FreeBlock>();
        // The link is the page's from now on.
        poison::handed_out(block.cast(), size_of::<FreeBlock>());
        // SAFETY: as in `take`; the caller gives the block up, which has room for a pointer (16 bytes at least).
        unsafe {
            let this = &*page;
            (*block).next = this.free.get();
            this.free.set(block);
            this.out.set(this.out.get() - 1);
        }
    }
}

/// Where the first block of a page begins: after the header, aligned as all blocks of the class are.
fn first_offset(group: &Group) -> usize {
    size_of::<PageHeader>().next_multiple_of(block_align(group.class))
}

impl LargeHeader {
    /// A block for one object of `layout`, and the address of the object; `None` when the backend has no memory or the
    /// sizes overflow.
    pub(super) fn create(
        backend: &dyn AllocatorBackend,
        group: &Group,
        layout: Layout,
    ) -> Option<NonNull<u8>> {
        // The header lies in the 64 KiB before the object or at their start (P2).
        let align = layout.align().max(PAGE);
        let offset = size_of::<LargeHeader>().next_multiple_of(layout.align().max(16));
        let total = Layout::from_size_align(offset.checked_add(layout.size())?, align).ok()?;
        let base = backend.allocate(total)?;
        // SAFETY: P2: the block holds `offset + size` bytes. The header fits below the object: the object lies `offset`
        // bytes into the block; when `offset <= 32 KiB` the header is at the start of the block, else the object is
        // aligned to 64 KiB and the header lies 64 KiB (at most `offset`) before it. Both are aligned to 64 KiB.
        unsafe {
            let object = base.add(offset);
            let header = header_of(object).cast::<LargeHeader>();
            debug_assert!(header.cast() >= base.as_ptr() && header.add(1).cast() <= object.as_ptr());
            header.write(LargeHeader {
                page: PageHeader {
                    group,
                    page: header.cast(),
                    next: Cell::new(ptr::null_mut()),
                    prev: Cell::new(ptr::null_mut()),
                    free: Cell::new(ptr::null_mut()),
                    out: Cell::new(1),
                    carved: Cell::new(1),
                    capacity: 1,
                    size: 0,
                },
                base: base.as_ptr(),
                layout: total,
                size: layout.size(),
            });
            Some(object)
        }
    }

    /// Gives a large object's block back to the backend.
    ///
    /// # Safety
    ///
    /// - `header` came from [`create`](Self::create) with this backend and nobody uses the object any more.
    pub(super) unsafe fn destroy(header: *mut LargeHeader, backend: &dyn AllocatorBackend) {
        // SAFETY: the caller's promise: the header is still readable, and base and layout are those of the allocation.
        unsafe {
            let (base, layout) = ((*header).base, (*header).layout);
            backend.deallocate(NonNull::new_unchecked(base), layout);
        }
    }

    /// Bytes taken from the backend for it.
    ///
    /// # Safety
    ///
    /// - `header` is that of a live large object.
    pub(super) unsafe fn resident(header: *const LargeHeader) -> usize {
        // SAFETY: the caller's promise.
        unsafe { (*header).layout.size() }
    }
}
