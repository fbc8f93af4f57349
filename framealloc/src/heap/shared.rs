//! Blocks with headers.

use crate::backend::{AllocatorBackend, SystemBackend};
#[cfg(feature = "debug")]
use crate::raw::meter::ObjectKind;
use crate::raw::meter::ObjectMeter;
use crate::raw::tls;
use core::alloc::Layout;
use core::ptr::NonNull;
use std::sync::Arc;

/// What all heap objects of an allocator share.
pub(crate) struct HeapShared {
    /// `None`: the system's allocator without options, which is called directly.
    backend: Option<NonNull<dyn AllocatorBackend>>,
    meter: NonNull<dyn ObjectMeter>,
    /// Keep `backend` and `meter` alive (H3); calling through them would compute the addresses anew each time.
    _owners: (Arc<dyn AllocatorBackend>, Arc<dyn ObjectMeter>),
}

// SAFETY: H3: the pointers stand for the `Arc`s next to them, which are Send and Sync.
unsafe impl Send for HeapShared {}
// SAFETY: H3: as for Send.
unsafe impl Sync for HeapShared {}

/// What lies before each object.
#[repr(C)]
struct HeapHeader {
    /// One strong reference (H2).
    shared: *const HeapShared,
    /// The object's size in bytes.
    size: usize,
    /// The block's alignment, as a power of two.
    power: u32,
    tag: u16,
}

/// How far into a block aligned to `align`, which is at least the header's alignment, the object lies.
#[inline(always)]
const fn object_offset(align: usize) -> usize {
    (size_of::<HeapHeader>() + (align - 1)) & !(align - 1)
}

/// The layout of the block for an object; `None` when that overflows.
#[inline(always)]
const fn block_layout(object: Layout) -> Option<Layout> {
    let align =
        if object.align() < align_of::<HeapHeader>() { align_of::<HeapHeader>() } else { object.align() };
    let Some(total) = object_offset(align).checked_add(object.size()) else { return None };
    match Layout::from_size_align(total, align) {
        Ok(layout) => Some(layout),
        Err(_) => None,
    }
}

impl HeapShared {
    /// A heap over `backend` that tells `meter` about each free. The meter must not own this heap.
    pub(crate) fn new(backend: Arc<dyn AllocatorBackend>, meter: Arc<dyn ObjectMeter>) -> Arc<Self> {
        Arc::new(Self {
            backend: (!SystemBackend::is_plain(&*backend)).then(|| NonNull::from(&*backend)),
            meter: NonNull::from(&*meter),
            _owners: (backend, meter),
        })
    }

    /// Who keeps the accounts.
    #[inline(always)]
    pub(super) fn meter(&self) -> &dyn ObjectMeter {
        // SAFETY: H3.
        unsafe { self.meter.as_ref() }
    }

    /// Memory for an object of `layout`, whose size is not zero, of `tag`; `None` when the backend has none or the size
    /// overflows. Charges nothing: the caller has charged `layout.size()` bytes.
    #[inline]
    pub(crate) fn allocate(self: &Arc<Self>, tag: u16, layout: Layout) -> Option<NonNull<u8>> {
        let block = block_layout(layout)?;
        let base = match self.backend {
            None => SystemBackend::new().allocate(block)?,
            // SAFETY: H3.
            Some(backend) => unsafe { backend.as_ref() }.allocate(block)?,
        };
        let offset = object_offset(block.align());
        // SAFETY: H1: the block is fresh and holds `offset + size` bytes; `offset` is at least the header's size and a multiple of the
        // block's alignment, which is at least the header's, so the header ends where the object begins.
        unsafe {
            let object = base.add(offset);
            object.cast::<HeapHeader>().sub(1).write(HeapHeader {
                shared: Arc::into_raw(Arc::clone(self)),
                size: layout.size(),
                power: block.align().trailing_zeros(),
                tag,
            });
            #[cfg(feature = "debug")]
            self.meter().object_made(ObjectKind::Heap, object.addr().get(), tag, layout.size());
            Some(object)
        }
    }
}

/// Frees an object of a known layout: tells the meter, gives the block to the backend and the reference up.
///
/// # Safety
///
/// - `object` came from [`HeapShared::allocate`] for `layout`, belongs to the caller and is not used any more.
#[inline]
pub(super) unsafe fn free(object: NonNull<u8>, layout: Layout) {
    // SAFETY: H1: the header lies before the object. H2: it holds a reference, which this call takes over. The block's
    // layout is computed as it was when the block was taken, and was valid then.
    unsafe {
        let HeapHeader { shared, tag, .. } = object.cast::<HeapHeader>().sub(1).read();
        let heap = &*shared;
        #[cfg(feature = "debug")]
        heap.meter().object_gone(object.addr().get());
        heap.meter().heap_freed(tag, layout.size(), tls::last());
        let block = block_layout(layout).unwrap_unchecked();
        let base = object.sub(object_offset(block.align()));
        match heap.backend {
            None => SystemBackend::new().deallocate(base, block),
            Some(backend) => backend.as_ref().deallocate(base, block),
        }
        // Not an `Arc`, whose destructor would keep the pointer in memory across the calls above.
        Arc::decrement_strong_count(shared);
    }
}

/// [`free`] for an object whose layout only the header knows.
///
/// # Safety
///
/// - `object` came from [`HeapShared::allocate`], belongs to the caller and is not used any more.
pub(crate) unsafe fn free_any(object: NonNull<u8>) {
    // SAFETY: H1: the header lies before the object and has its layout, with an alignment that may have been raised to
    // the header's, which makes the same block. The rest is the caller's promise.
    unsafe {
        let header = object.cast::<HeapHeader>().sub(1).as_ref();
        free(object, Layout::from_size_align_unchecked(header.size, 1 << header.power));
    }
}
