//! A bump arena over several chunks, for memory that outlives frames.
//!
//! ```text
//!   chunk ─► [ header | handed out | free ] ─► [ header | handed out ] ─► [ header | handed out ]
//!                                  ▲ ptr   ▲ end          older chunks, full
//!   spare ─► [ header | free ]     the largest chunk that a rewind left over
//! ```
//!
//! The arena only moves pointers: its owner takes chunks from a [`ChunkSupply`](super::supply::ChunkSupply) and gives
//! them back, without a lock and with the arena in a valid state (F7).

#![expect(unsafe_code, reason = "links chunks and points into them")]

use core::alloc::Layout;
use core::ptr::{self, NonNull};

use super::cache::ChunkList;
use super::chunk::{self, Chunk};
use super::poison;
use super::supply::Wanted;
use crate::error::AllocError;
use crate::sys::align::{GRAIN, checked_align_up, grain_up};

/// The largest chunk that growing by doubling takes; larger requests take what they need.
const MAX_GROWTH: usize = 64 << 20;

/// Chunks and a bump pointer into the newest one (A1). What is dropped with chunks in it is lost.
pub(crate) struct Arena {
    chunk: *mut Chunk,
    ptr: *mut u8,
    end: *mut u8,
    spare: *mut Chunk,
    /// Bytes handed out, each block rounded up to the grain.
    used: usize,
    /// Bytes of all chunks.
    held: usize,
}

// SAFETY: A1: the arena owns its chunks and reaches them alone.
unsafe impl Send for Arena {}
// SAFETY: A1: a shared arena lends no more than its numbers.
unsafe impl Sync for Arena {}

/// A state of an arena to go back to.
#[derive(Clone, Copy)]
pub(crate) struct Mark {
    chunk: *mut Chunk,
    ptr: *mut u8,
    used: usize,
}

impl Arena {
    pub(crate) const fn new() -> Self {
        Self {
            chunk: ptr::null_mut(),
            ptr: ptr::null_mut(),
            end: ptr::null_mut(),
            spare: ptr::null_mut(),
            used: 0,
            held: 0,
        }
    }

    /// Bytes handed out, each block rounded up to a multiple of 8; padding for alignment is not counted.
    pub(crate) fn used(&self) -> usize {
        self.used
    }

    /// Bytes of all chunks.
    pub(crate) fn held(&self) -> usize {
        self.held
    }

    /// Whether there is no more than one chunk.
    pub(crate) fn is_single(&self) -> bool {
        // SAFETY: A1: chunks of the arena are live.
        let older = unsafe { self.chunk.as_ref() }.map_or(ptr::null_mut(), |newest| newest.next.get());
        older.is_null() && self.spare.is_null()
    }

    /// A block of `layout` from the newest chunk, or from the spare one; `None` when a chunk is missing. A block without
    /// a size needs none.
    #[inline]
    pub(crate) fn bump(&mut self, layout: Layout) -> Option<NonNull<u8>> {
        if layout.size() == 0 {
            return NonNull::new(ptr::without_provenance_mut(layout.align()));
        }
        self.bump_newest(layout).or_else(|| self.bump_spare(layout))
    }

    #[inline]
    fn bump_newest(&mut self, layout: Layout) -> Option<NonNull<u8>> {
        let address = checked_align_up(self.ptr.addr(), layout.align().max(GRAIN))?;
        let size = grain_up(layout.size());
        let end = address.checked_add(size)?;
        if end > self.end.addr() {
            return None;
        }
        let block = self.ptr.with_addr(address);
        self.ptr = self.ptr.with_addr(end);
        self.used += size;
        poison::handed_out(block, size);
        NonNull::new(block)
    }

    #[cold]
    fn bump_spare(&mut self, layout: Layout) -> Option<NonNull<u8>> {
        let spare = NonNull::new(self.spare)?;
        // SAFETY: A1: chunks of the arena are live.
        if unsafe { spare.as_ref() }.class() < class_for(layout)? {
            return None;
        }
        self.spare = ptr::null_mut();
        self.push(spare);
        self.bump_newest(layout)
    }

    /// Which chunk to take for a block of `layout`: twice the newest one, or enough for `hint` bytes if that is more, but
    /// no more than for `most` bytes unless the block needs it.
    ///
    /// # Errors
    ///
    /// [`AllocError::OutOfMemory`] when no chunk is large enough.
    #[cold]
    pub(crate) fn wanted(&self, layout: Layout, hint: usize, most: usize) -> Result<Wanted, AllocError> {
        let least = class_for(layout).ok_or_else(|| AllocError::out_of_memory(layout))?;
        // SAFETY: A1: chunks of the arena are live.
        let newest = unsafe { self.chunk.as_ref() }.map_or(0, Chunk::size);
        let growth = (newest * 2).min(MAX_GROWTH).saturating_sub(chunk::HEADER);
        let best = Chunk::class_for(growth.max(hint).min(most)).unwrap_or(least);
        Ok(Wanted { least, best: best.max(least) })
    }

    /// Takes ownership of a fresh chunk, and of its room.
    ///
    /// # Safety
    ///
    /// The caller owns `chunk` and nothing reaches its bytes (F1, F2).
    pub(crate) unsafe fn adopt(&mut self, chunk: NonNull<Chunk>) {
        // SAFETY: A1: by the caller the chunk is live and ours.
        self.held += unsafe { chunk.as_ref() }.size();
        self.push(chunk);
    }

    /// Makes `chunk`, which is the arena's, the newest one.
    fn push(&mut self, chunk: NonNull<Chunk>) {
        // SAFETY: A1: chunks of the arena are live.
        unsafe { chunk.as_ref() }.next.set(self.chunk);
        self.chunk = chunk.as_ptr();
        self.ptr = chunk::start(chunk);
        // SAFETY: A1: as above.
        self.end = unsafe { chunk::end(chunk) };
    }

    /// The state as it is now.
    pub(crate) fn mark(&self) -> Mark {
        Mark { chunk: self.chunk, ptr: self.ptr, used: self.used }
    }

    /// Takes back what was handed out since `mark`. Keeps the largest chunk that is left over for what comes next and
    /// returns the others.
    ///
    /// # Safety
    ///
    /// * `mark` is of this arena, which was neither emptied nor rewound below it since.
    /// * Nothing reaches what was handed out since (A2).
    pub(crate) unsafe fn rewind(&mut self, mark: Mark) -> ChunkList {
        let mut surplus = ChunkList::EMPTY;
        while self.chunk != mark.chunk
            && let Some(newest) = NonNull::new(self.chunk)
        {
            // SAFETY: A1, A2: the chunk is the arena's, and by the caller nobody reads it.
            unsafe { self.recycle_from(chunk::start(newest)) };
            // SAFETY: A1: chunks of the arena are live.
            self.chunk = unsafe { newest.as_ref() }.next.get();
            // SAFETY: A1: as above.
            self.end = NonNull::new(self.chunk).map_or(ptr::null_mut(), |chunk| unsafe { chunk::end(chunk) });
            // What the older one handed out ends near its end.
            self.ptr = self.end;
            self.keep_larger(newest, &mut surplus);
        }
        // SAFETY: A1, A2: the mark is in the newest chunk by now, or there is none, and by the caller nobody reads it.
        unsafe { self.recycle_from(mark.ptr) };
        self.ptr = mark.ptr;
        self.used = mark.used;
        surplus
    }

    /// Makes the larger of `chunk` and the spare one the spare one; the other goes to `surplus`.
    fn keep_larger(&mut self, chunk: NonNull<Chunk>, surplus: &mut ChunkList) {
        // SAFETY: A1: chunks of the arena are live.
        let size = |chunk: NonNull<Chunk>| unsafe { chunk.as_ref() }.size();
        let Some(spare) = NonNull::new(self.spare) else {
            self.spare = chunk.as_ptr();
            return;
        };
        let (kept, rest) = if size(chunk) > size(spare) { (chunk, spare) } else { (spare, chunk) };
        self.spare = kept.as_ptr();
        self.held -= size(rest);
        surplus.push(rest);
    }

    /// Starts again at the beginning of the only chunk.
    ///
    /// # Safety
    ///
    /// Nothing reaches what was handed out (A2).
    pub(crate) unsafe fn restart(&mut self) {
        debug_assert!(self.is_single());
        self.used = 0;
        if let Some(chunk) = NonNull::new(self.chunk) {
            let start = chunk::start(chunk);
            // SAFETY: A1, A2: the chunk is the arena's, and by the caller nobody reads it.
            unsafe { self.recycle_from(start) };
            self.ptr = start;
        }
    }

    /// Tells the tools that what the newest chunk handed out from `start` on is over.
    ///
    /// # Safety
    ///
    /// `start` is null, or in the newest chunk; nothing reaches what was handed out above it (A2).
    unsafe fn recycle_from(&self, start: *mut u8) {
        if !start.is_null() {
            // SAFETY: A2: by the caller.
            unsafe { poison::recycled(start, self.ptr.addr() - start.addr()) };
        }
    }

    /// Gives up every chunk.
    ///
    /// # Safety
    ///
    /// Nothing reaches what was handed out (A2).
    pub(crate) unsafe fn clear(&mut self) -> ChunkList {
        let arena = core::mem::replace(self, Self::new());
        // SAFETY: A1, A2: by the caller the chunks are free, and the arena has forgotten them.
        let mut all = unsafe { ChunkList::from_raw(arena.chunk) };
        NonNull::new(arena.spare).into_iter().for_each(|spare| all.push(spare));
        all
    }
}

/// The smallest class whose chunks hold a block of `layout` wherever they lie.
fn class_for(layout: Layout) -> Option<usize> {
    let padding = layout.align().saturating_sub(GRAIN);
    Chunk::class_for(grain_up(layout.size()).checked_add(padding)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::{CountingBackend, SystemBackend};

    fn block(arena: &mut Arena, backend: &CountingBackend<SystemBackend>, size: usize) -> usize {
        let layout = Layout::from_size_align(size, 8).unwrap();
        if let Some(block) = arena.bump(layout) {
            return block.addr().get();
        }
        let class = arena.wanted(layout, 0, usize::MAX).unwrap().best;
        // SAFETY: F1: the chunk is fresh.
        unsafe { arena.adopt(Chunk::create(backend, class).unwrap()) };
        arena.bump(layout).unwrap().addr().get()
    }

    #[test]
    fn rewinding_keeps_the_largest_chunk_for_the_next_round() {
        let backend = CountingBackend::new(SystemBackend::new());
        let mut arena = Arena::new();
        let first = block(&mut arena, &backend, 100);
        let mark = arena.mark();
        let mut held = [0; 4];
        for held in &mut held {
            let second = block(&mut arena, &backend, 100);
            assert_eq!(second, first + 104, "the room of the mark is used again");
            for _ in 0..20 {
                block(&mut arena, &backend, 1000);
            }
            assert_eq!(arena.used(), 208 + 20_000);
            // SAFETY: A2: addresses only are left.
            unsafe { arena.rewind(mark) }.destroy(&backend);
            *held = arena.held();
            assert_eq!((arena.used(), backend.counts().live_bytes), (104, *held as u64));
        }
        assert_eq!(held, [4096 + 16_384, 4096 + 32_768, 4096 + 32_768, 4096 + 32_768]);
        // SAFETY: A2: as above.
        unsafe { arena.clear() }.destroy(&backend);
        assert_eq!((arena.held(), backend.counts().live_blocks), (0, 0));
    }

    #[test]
    fn blocks_without_size_are_aligned_and_take_nothing() {
        let mut arena = Arena::new();
        let layout = Layout::from_size_align(0, 4096).unwrap();
        assert_eq!(arena.bump(layout).unwrap().addr().get() % 4096, 0);
        assert_eq!((arena.used(), arena.held()), (0, 0));
        assert!(arena.wanted(Layout::from_size_align(isize::MAX as usize - 8, 8).unwrap(), 0, 0).is_err());
    }
}
