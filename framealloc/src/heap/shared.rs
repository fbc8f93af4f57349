//! Blocks with headers.

use crate::backend::AllocatorBackend;
use crate::raw::meter::{MeterSlot, ObjectMeter};
use core::alloc::Layout;
use core::mem::offset_of;
use core::ptr::NonNull;
use std::sync::{Arc, Weak};

/// What all heap objects of an allocator share.
pub(crate) struct HeapShared {
    backend: Arc<dyn AllocatorBackend>,
    meter: MeterSlot,
}

/// What lies before each object.
#[repr(C)]
struct HeapHeader {
    /// One strong reference (H2).
    shared: *const HeapShared,
    /// The object's size in bytes.
    size: usize,
    align: u32,
    tag: u16,
}

const _: () = assert!(offset_of!(HeapHeader, tag) + 2 <= size_of::<HeapHeader>());

/// Alignments are kept as a power, which fits every `usize`.
#[inline(always)]
const fn power(align: usize) -> u32 {
    align.trailing_zeros()
}

/// The layout of the block for an object, and where in it the object lies; `None` when that overflows.
#[inline(always)]
const fn block_layout(size: usize, align: usize) -> Option<(Layout, usize)> {
    let align = if align < align_of::<HeapHeader>() { align_of::<HeapHeader>() } else { align };
    let offset = (size_of::<HeapHeader>() + (align - 1)) & !(align - 1);
    let Some(total) = offset.checked_add(size) else { return None };
    match Layout::from_size_align(total, align) {
        Ok(layout) => Some((layout, offset)),
        Err(_) => None,
    }
}

impl HeapShared {
    /// A heap over `backend`.
    pub(crate) fn new(backend: Arc<dyn AllocatorBackend>) -> Arc<Self> {
        Arc::new(Self { backend, meter: MeterSlot::default() })
    }

    /// Sets who is told about each free; the first call counts.
    pub(crate) fn set_meter(&self, meter: Weak<dyn ObjectMeter>) {
        self.meter.set(meter);
    }

    /// The meter, if there is one.
    pub(super) fn meter(&self) -> Option<Arc<dyn ObjectMeter>> {
        self.meter.get()
    }

    /// Memory for an object of `layout`, whose size is not zero, of `tag`; `None` when the backend has none or the size
    /// overflows. Charges nothing: the caller has charged `layout.size()` bytes.
    #[inline]
    pub(crate) fn allocate(self: &Arc<Self>, tag: u16, layout: Layout) -> Option<NonNull<u8>> {
        let (block, offset) = block_layout(layout.size(), layout.align())?;
        let base = self.backend.allocate(block)?;
        // SAFETY: the block holds `offset + size` bytes; `offset` is at least the header's size and a multiple of the
        // block's alignment, which is at least the header's, so the header ends where the object begins.
        unsafe {
            let object = base.add(offset);
            object.cast::<HeapHeader>().sub(1).write(HeapHeader {
                shared: Arc::into_raw(Arc::clone(self)),
                size: layout.size(),
                align: power(layout.align()),
                tag,
            });
            Some(object)
        }
    }
}

/// Frees an object: tells the meter, gives the block to the backend and the reference up.
///
/// # Safety
///
/// - `object` came from [`HeapShared::allocate`], belongs to the caller and is not used any more.
#[inline]
pub(super) unsafe fn free(object: NonNull<u8>) {
    // SAFETY: H1: the header lies before the object. H2: it holds a reference, which this call takes over.
    unsafe {
        let HeapHeader { shared, size, align, tag } = object.cast::<HeapHeader>().sub(1).read();
        let shared = Arc::from_raw(shared);
        if let Some(meter) = shared.meter.get() {
            meter.heap_freed(tag, size);
        }
        // It was computed from the same numbers when the block was taken.
        if let Some((block, offset)) = block_layout(size, 1 << align) {
            shared.backend.deallocate(object.sub(offset), block);
        }
    }
}
