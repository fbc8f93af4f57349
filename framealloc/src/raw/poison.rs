//! What the tools are told about memory: which bytes may be used now.
//!
//! ```text
//!                 handed_out                  recycled: overwritten, then
//!   out of bounds ──────────► may be used ──────────────────────────────► out of bounds
//!        ▲                                                                     │ reclaimed
//!        └── withheld: a fresh chunk                                           ▼
//!                                                      may be used by the backend again
//! ```
//!
//! Without the feature `debug` nothing of this exists: the functions are empty. With it, recycled bytes are overwritten
//! with [`PATTERN`], so that a stale value is seen to be stale; and where the program is built with AddressSanitizer or
//! runs under valgrind's memcheck, using bytes that are out of bounds is reported by them.

#![expect(unsafe_code, reason = "overwrites recycled memory")]

/// What recycled bytes are overwritten with.
#[cfg(feature = "debug")]
pub(crate) const PATTERN: u8 = 0xDD;

/// The `bytes` from `start` are fresh from the backend and not handed out yet.
#[inline(always)]
pub(crate) fn withheld(start: *mut u8, bytes: usize) {
    #[cfg(feature = "debug")]
    super::tools::forbid(start, bytes);
    let _ = (start, bytes);
}

/// The `bytes` from `start` belong to a user from now on; what they hold means nothing.
#[inline(always)]
pub(crate) fn handed_out(start: *mut u8, bytes: usize) {
    #[cfg(feature = "debug")]
    super::tools::allow(start, bytes);
    let _ = (start, bytes);
}

/// The `bytes` from `start` were handed out, and belong to their user no longer.
///
/// # Safety
///
/// The bytes lie in one chunk or block that the caller may write to, and nobody reads them before they are written.
#[inline(always)]
pub(crate) unsafe fn recycled(start: *mut u8, bytes: usize) {
    #[cfg(feature = "debug")]
    {
        // Some may have been given back before and be out of bounds.
        super::tools::allow(start, bytes);
        // SAFETY: F2: by the caller.
        unsafe { start.write_bytes(PATTERN, bytes) };
        super::tools::forbid(start, bytes);
    }
    let _ = (start, bytes);
}

/// The `bytes` from `start` go back to the backend.
#[inline(always)]
pub(crate) fn reclaimed(start: *mut u8, bytes: usize) {
    handed_out(start, bytes);
}

/// What a backend sees in the memory that it lent. Under AddressSanitizer and valgrind it may not look.
#[cfg(all(test, feature = "debug", not(framealloc_asan)))]
mod tests {
    use super::super::tools;
    use super::*;
    use crate::backend::{AllocatorBackend, SystemBackend};
    use crate::{AllocConfig, SmartAlloc};
    use core::alloc::Layout;
    use core::ptr::NonNull;
    use std::sync::{Arc, Mutex};

    const FRESH: u8 = 0x11;
    const SECRET: u8 = 0x5A;

    #[derive(Default)]
    struct Peek(Mutex<Vec<(usize, usize)>>);

    // SAFETY: M1: every block is one of the system's.
    unsafe impl AllocatorBackend for Peek {
        fn allocate(&self, layout: Layout) -> Option<NonNull<u8>> {
            let block = SystemBackend::new().allocate(layout)?;
            // SAFETY: M1: the block is fresh and has this size.
            unsafe { block.write_bytes(FRESH, layout.size()) };
            self.0.lock().unwrap().push((block.expose_provenance().get(), layout.size()));
            Some(block)
        }

        unsafe fn deallocate(&self, block: NonNull<u8>, layout: Layout) {
            self.0.lock().unwrap().retain(|(address, _)| *address != block.addr().get());
            // SAFETY: M1: by the caller.
            unsafe { SystemBackend::new().deallocate(block, layout) };
        }
    }

    impl Peek {
        /// How many bytes of blocks of this size and more lie in words that have this value throughout, as no address has.
        fn count_in(&self, least: usize, value: u8) -> usize {
            let blocks = self.0.lock().unwrap();
            let large = blocks.iter().filter(|(_, size)| *size >= least);
            let words = large.flat_map(|(address, size)| (*address..address + size / 8 * 8).step_by(8));
            // SAFETY: M1: the blocks are alive, aligned to words, and were written whole.
            let read = |at| unsafe { core::ptr::with_exposed_provenance::<[u8; 8]>(at).read() };
            8 * words.filter(|at| read(*at) == [value; 8]).count()
        }

        fn count(&self, value: u8) -> usize {
            self.count_in(0, value)
        }
    }

    #[test]
    fn used_bytes_are_overwritten_and_no_others() {
        if tools::on_valgrind() {
            return println!("skipped: valgrind would report the looking");
        }
        let peek = Arc::new(Peek::default());
        let config = AllocConfig::default().with_frame_size(1 << 20).with_backend(Arc::clone(&peek));
        let alloc = SmartAlloc::new(config).unwrap();
        drop(alloc.frame());
        let (fresh, poisoned) = (peek.count_in(1 << 20, FRESH), peek.count(PATTERN));
        assert!(fresh > 1 << 19);
        let frame = alloc.frame();
        frame.slice_from_fn(1000, |_| SECRET);
        let mut vec = frame.vec();
        vec.extend([SECRET; 800]);
        vec.truncate(8);
        vec.shrink_to_fit();
        assert_eq!((peek.count(SECRET), peek.count(PATTERN) - poisoned), (1008, 792));
        drop(vec);
        drop(frame);
        assert_eq!((peek.count(SECRET), peek.count(PATTERN) - poisoned), (0, 1800));
        assert_eq!(fresh - peek.count_in(1 << 20, FRESH), 1800, "nothing else was touched");

        let object = alloc.pool_box([SECRET; 256]);
        let before = peek.count(PATTERN);
        drop(object);
        assert!(peek.count(PATTERN) - before >= 256 - size_of::<usize>(), "all but the link");
    }

    /// Chunks that the frame had left behind, and containers that moved.
    #[test]
    fn every_chunk_of_a_frame_is_overwritten() {
        if tools::on_valgrind() {
            return println!("skipped: valgrind would report the looking");
        }
        let peek = Arc::new(Peek::default());
        let config = AllocConfig::minimal().with_backend(Arc::clone(&peek));
        let alloc = SmartAlloc::new(config).unwrap();
        let frame = alloc.frame();
        let mut vec = frame.vec();
        for _ in 0..100 {
            frame.alloc([SECRET; 64]);
            vec.extend([SECRET; 100]);
        }
        frame.alloc_layout(Layout::from_size_align(100_000, 4096).unwrap());
        assert!(peek.count(SECRET) >= 100 * 164);
        drop(vec);
        drop(frame);
        assert_eq!(peek.count(SECRET), 0);
    }
}
