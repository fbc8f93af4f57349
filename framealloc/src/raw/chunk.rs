//! The block that frames are cut from, and its header.

#![expect(unsafe_code, reason = "writes headers into raw blocks from the backend")]

use core::alloc::Layout;
use core::cell::Cell;
use core::ptr::{self, NonNull};

use super::poison;
use crate::backend::AllocatorBackend;
use crate::sys::align::GRAIN;

/// Sizes up to this many bytes may be added to any address inside a chunk without wrapping (F4).
pub(crate) const MAX_FAST: usize = 64 * 1024;

/// The smallest chunk in bytes; class `c` is `MIN_CHUNK << c`.
pub(crate) const MIN_CHUNK: usize = 4096;

/// Number of size classes: the largest is 8 TiB, on 32-bit targets 1 GiB.
pub(crate) const CLASSES: usize = if usize::BITS == 64 { 32 } else { 19 };

/// Alignment of every chunk: a cache line.
pub(crate) const ALIGN: usize = 64;

/// Header of a chunk (F1). The bytes behind it up to `size` are the frame's.
#[repr(C)]
pub(crate) struct Chunk {
    /// The frame's older chunk, or the next one of a list.
    pub(crate) next: Cell<*mut Chunk>,
    size: usize,
    /// How far the frame had used it when it went on to the next one.
    #[cfg(feature = "debug")]
    pub(crate) used: Cell<*mut u8>,
}

/// Bytes in front of the first usable byte.
pub(crate) const HEADER: usize = size_of::<Chunk>();

const _: () = assert!(HEADER.is_multiple_of(GRAIN) && HEADER > 0);

impl Chunk {
    /// The class whose chunks hold `bytes` behind the header; `None` when no chunk is large enough.
    pub(crate) fn class_for(bytes: usize) -> Option<usize> {
        let whole = bytes.checked_add(HEADER)?.max(MIN_CHUNK).checked_next_power_of_two()?;
        let class = (whole / MIN_CHUNK).trailing_zeros() as usize;
        (class < CLASSES).then_some(class)
    }

    /// A fresh chunk of `class`.
    pub(crate) fn create(backend: &dyn AllocatorBackend, class: usize) -> Option<NonNull<Chunk>> {
        let size = size_of_class(class);
        let layout = Layout::from_size_align(size, ALIGN).ok()?;
        let block = backend.allocate(layout)?;
        if block.addr().get() > usize::MAX - size - MAX_FAST {
            // SAFETY: F1: the block was just allocated with this layout and nobody else knows it.
            unsafe { backend.deallocate(block, layout) };
            return None;
        }
        let chunk = block.cast::<Chunk>();
        // SAFETY: F1: the block is ours, `size` is at least MIN_CHUNK and its alignment at least that of `Chunk`.
        unsafe {
            chunk.write(Chunk {
                next: Cell::new(ptr::null_mut()),
                size,
                #[cfg(feature = "debug")]
                used: Cell::new(ptr::null_mut()),
            });
        }
        poison::withheld(start(chunk), size - HEADER);
        Some(chunk)
    }

    /// Gives the chunk's block back.
    ///
    /// # Safety
    ///
    /// * `chunk` came from [`Chunk::create`] with the same backend.
    /// * Nothing reaches the chunk any more (F2).
    pub(crate) unsafe fn destroy(chunk: NonNull<Chunk>, backend: &dyn AllocatorBackend) {
        // SAFETY: F1: the caller owns the chunk, so its header is initialised.
        let size = unsafe { chunk.as_ref() }.size;
        // SAFETY: F4: `create` built the same layout.
        let layout = unsafe { Layout::from_size_align_unchecked(size, ALIGN) };
        poison::reclaimed(start(chunk), size - HEADER);
        // SAFETY: F2: by the caller, nobody reaches the block, and it came from this backend with this layout.
        unsafe { backend.deallocate(chunk.cast(), layout) };
    }

    /// Size of the whole block in bytes, header included.
    pub(crate) fn size(&self) -> usize {
        self.size
    }

    /// The size class of this chunk.
    pub(crate) fn class(&self) -> usize {
        (self.size / MIN_CHUNK).trailing_zeros() as usize
    }
}

/// Size of the chunks of `class` in bytes, header included.
pub(crate) fn size_of_class(class: usize) -> usize {
    MIN_CHUNK << class
}

/// The first usable byte of `chunk`.
#[inline(always)]
pub(crate) fn start(chunk: NonNull<Chunk>) -> *mut u8 {
    chunk.as_ptr().cast::<u8>().wrapping_add(HEADER)
}

/// The byte behind the last usable one.
///
/// # Safety
///
/// `chunk` is a live chunk.
#[inline(always)]
pub(crate) unsafe fn end(chunk: NonNull<Chunk>) -> *mut u8 {
    // SAFETY: F1: by the caller, the header is initialised.
    chunk.as_ptr().cast::<u8>().wrapping_add(unsafe { chunk.as_ref() }.size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_cover_the_request() {
        for bytes in [0, 1, MIN_CHUNK - HEADER, MIN_CHUNK - HEADER + 1, 100_000, 5 << 20] {
            let class = Chunk::class_for(bytes).unwrap();
            assert!((MIN_CHUNK << class) - HEADER >= bytes);
            assert!(class == 0 || (MIN_CHUNK << (class - 1)) - HEADER < bytes);
        }
        assert_eq!(Chunk::class_for(usize::MAX), None);
        assert_eq!(Chunk::class_for(isize::MAX as usize), None);
    }
}
