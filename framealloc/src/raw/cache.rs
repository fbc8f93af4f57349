//! Chunks that are not in use, by size class.
//!
//! The cache is last in, first out, so the chunk handed out is the one whose lines are still in the processor's cache.
//! It remembers for each class the least number of chunks it held since the last [`ChunkCache::surplus`]: those were
//! not needed in that time and may go back (the working-set estimate of Bonwick and Adams, "Magazines and Vmem", 2001).

#![expect(unsafe_code, reason = "follows the links in chunk headers")]

use core::cell::Cell;
use core::ptr::{self, NonNull};

use super::chunk::{CLASSES, Chunk};
use crate::backend::AllocatorBackend;

#[derive(Clone)]
struct Shelf {
    head: Cell<*mut Chunk>,
    count: Cell<u32>,
    low: Cell<u32>,
}

/// Chunks linked through `next`. Owns them (F1); what is dropped with chunks in it is lost.
#[must_use]
pub(crate) struct ChunkList(*mut Chunk);

// SAFETY: F1: the list owns its chunks, and the links inside them are reached through it alone.
unsafe impl Send for ChunkList {}

impl ChunkList {
    pub(crate) const EMPTY: Self = Self(ptr::null_mut());

    /// The chunks from `first` on.
    ///
    /// # Safety
    ///
    /// The caller owns the chunks and nothing reaches their bytes (F1, F2).
    pub(crate) unsafe fn from_raw(first: *mut Chunk) -> Self {
        Self(first)
    }

    pub(super) fn pop(&mut self) -> Option<NonNull<Chunk>> {
        let chunk = NonNull::new(self.0)?;
        // SAFETY: F1: chunks of the list are live.
        self.0 = unsafe { chunk.as_ref() }.next.get();
        Some(chunk)
    }

    pub(super) fn push(&mut self, chunk: NonNull<Chunk>) {
        // SAFETY: F1: the chunk is the caller's to give.
        unsafe { chunk.as_ref() }.next.set(self.0);
        self.0 = chunk.as_ptr();
    }

    /// Bytes of the chunks.
    pub(crate) fn bytes(&self) -> u64 {
        let mut next = self.0;
        core::iter::from_fn(|| {
            // SAFETY: F1: chunks of the list are live.
            let chunk = unsafe { next.as_ref() }?;
            next = chunk.next.get();
            Some(chunk.size() as u64)
        })
        .sum()
    }

    /// Gives every chunk back to `backend`, where they came from.
    pub(crate) fn destroy(mut self, backend: &dyn AllocatorBackend) {
        while let Some(chunk) = self.pop() {
            // SAFETY: F1, F2: the list owned the chunk, and nothing reaches it. One allocator has one backend.
            unsafe { Chunk::destroy(chunk, backend) };
        }
    }
}

/// Chunks by size class. Owns what it holds (F1).
pub(crate) struct ChunkCache {
    shelves: [Shelf; CLASSES],
    /// Bit `class` is set once a chunk of the class was here.
    known: Cell<u32>,
}

impl ChunkCache {
    pub(crate) const fn new() -> Self {
        Self {
            shelves: [const { Shelf { head: Cell::new(ptr::null_mut()), count: Cell::new(0), low: Cell::new(0) } };
                CLASSES],
            known: Cell::new(0),
        }
    }

    /// A chunk of exactly `class`.
    #[inline(always)]
    pub(crate) fn take(&self, class: usize) -> Option<NonNull<Chunk>> {
        let shelf = &self.shelves[class];
        let chunk = NonNull::new(shelf.head.get())?;
        // SAFETY: F1: a chunk on a shelf is live and owned by the cache.
        shelf.head.set(unsafe { chunk.as_ref() }.next.get());
        let count = shelf.count.get() - 1;
        shelf.count.set(count);
        if count < shelf.low.get() {
            shelf.low.set(count);
        }
        Some(chunk)
    }

    /// A chunk of `class`, or of one of the two classes above it.
    pub(crate) fn take_near(&self, class: usize) -> Option<NonNull<Chunk>> {
        (class..CLASSES.min(class + 3)).find_map(|class| self.take(class))
    }

    /// Takes ownership of `chunk`.
    ///
    /// # Safety
    ///
    /// The caller owns `chunk` and nothing reaches its bytes (F1, F2).
    #[inline(always)]
    pub(crate) unsafe fn put(&self, chunk: NonNull<Chunk>) {
        // SAFETY: F1: by the caller, the chunk is live and ours now.
        let header = unsafe { chunk.as_ref() };
        let class = header.class();
        let shelf = &self.shelves[class];
        self.known.set(self.known.get() | 1 << class);
        header.next.set(shelf.head.get());
        shelf.head.set(chunk.as_ptr());
        shelf.count.set(shelf.count.get() + 1);
    }

    /// Takes ownership of a whole list.
    pub(crate) fn put_all(&self, mut list: ChunkList) {
        while let Some(chunk) = list.pop() {
            // SAFETY: F1: the list owned the chunk.
            unsafe { self.put(chunk) };
        }
    }

    /// Takes the chunks that were not needed since the last call, at most half of a shelf (rounded up) at a time.
    pub(crate) fn surplus(&self) -> ChunkList {
        let mut list = ChunkList::EMPTY;
        let mut known = self.known.get();
        while known != 0 {
            let class = known.trailing_zeros() as usize;
            known &= known - 1;
            let shelf = &self.shelves[class];
            for _ in 0..shelf.low.get().div_ceil(2) {
                self.take(class).into_iter().for_each(|chunk| list.push(chunk));
            }
            shelf.low.set(shelf.count.get());
        }
        list
    }

    /// Takes every chunk.
    pub(crate) fn drain(&self) -> ChunkList {
        let mut list = ChunkList::EMPTY;
        for (class, shelf) in self.shelves.iter().enumerate() {
            while let Some(chunk) = self.take(class) {
                list.push(chunk);
            }
            shelf.low.set(0);
        }
        list
    }

    /// Bytes of all chunks held.
    pub(crate) fn bytes(&self) -> u64 {
        let shelves = self.shelves.iter().enumerate();
        shelves
            .map(|(class, shelf)| u64::from(shelf.count.get()) * ((super::chunk::MIN_CHUNK as u64) << class))
            .sum()
    }
}

// SAFETY: F1: the cache owns its chunks, and the links inside them are reached through it alone.
unsafe impl Send for ChunkCache {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::SystemBackend;

    fn free(list: ChunkList) -> u64 {
        let bytes = list.bytes();
        list.destroy(&SystemBackend::new());
        bytes / 8192
    }

    #[test]
    fn surplus_is_what_nobody_took() {
        let cache = ChunkCache::new();
        let backend = SystemBackend::new();
        for _ in 0..8 {
            // SAFETY: F1: each chunk is fresh.
            unsafe { cache.put(Chunk::create(&backend, 1).unwrap()) };
        }
        assert_eq!(free(cache.surplus()), 0, "the first window starts empty");
        let taken = [cache.take(1).unwrap(), cache.take(1).unwrap()];
        for chunk in taken {
            // SAFETY: F1: taken above and not reached by anything else.
            unsafe { cache.put(chunk) };
        }
        assert_eq!(free(cache.surplus()), 3, "half of the six that stayed");
        assert_eq!(cache.bytes(), 5 * 8192);
        assert!(cache.take_near(0).is_some_and(|chunk| {
            // SAFETY: F1: taken just now.
            unsafe { cache.put(chunk) };
            true
        }));
        assert_eq!(free(cache.drain()), 5);
        assert!(cache.take(1).is_none());
    }
}
