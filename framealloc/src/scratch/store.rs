//! The memory of a scratch pool: an arena with a capacity that learns from its resets.

#![expect(unsafe_code, reason = "takes memory back on its owner's proof")]

use core::alloc::Layout;
use core::ops::DerefMut;
use core::ptr::NonNull;

use super::policy::ShrinkPolicy;
use crate::error::AllocError;
use crate::raw::arena::{Arena, Mark};
use crate::raw::cache::ChunkList;
use crate::raw::chunk::{Chunk, size_of_class};
use crate::raw::supply::{ChunkSupply, Wanted};
use crate::sys::align::grain_up;

/// An arena and what is known about its use.
pub(super) struct Store {
    arena: Arena,
    capacity: usize,
    /// Most bytes in use at once since the last reset, and ever.
    round: usize,
    peak: usize,
    /// Bytes that the next round's first chunk should hold.
    hint: usize,
    policy: ShrinkPolicy,
    /// Resets in a row whose round used at most half of what is held, and the most that one of them used.
    quiet: u32,
    quiet_peak: usize,
}

/// Why there is no block.
enum Missing {
    Capacity,
    Chunk(Result<Wanted, AllocError>),
}

impl Store {
    pub(super) fn new(capacity: usize, policy: ShrinkPolicy) -> Self {
        let arena = Arena::new();
        Self { arena, capacity, round: 0, peak: 0, hint: 0, policy, quiet: 0, quiet_peak: 0 }
    }

    pub(super) fn capacity(&self) -> usize {
        self.capacity
    }

    pub(super) fn used(&self) -> usize {
        self.arena.used()
    }

    pub(super) fn held(&self) -> usize {
        self.arena.held()
    }

    pub(super) fn peak(&self) -> usize {
        self.peak
    }

    pub(super) fn set_policy(&mut self, policy: ShrinkPolicy) {
        self.policy = policy;
        self.quiet = 0;
        self.quiet_peak = 0;
    }

    #[inline]
    fn take(&mut self, layout: Layout) -> Result<NonNull<u8>, Missing> {
        let left = self.capacity - self.arena.used();
        if grain_up(layout.size()) > left {
            return Err(Missing::Capacity);
        }
        let block = self.arena.bump(layout);
        let block = block.ok_or_else(|| Missing::Chunk(self.arena.wanted(layout, self.hint, left)))?;
        self.round = self.round.max(self.arena.used());
        self.peak = self.peak.max(self.round);
        Ok(block)
    }

    /// Takes back everything. Several chunks are returned: the next round takes one that is large enough.
    ///
    /// # Safety
    ///
    /// Nothing reaches what was handed out (S1).
    pub(super) unsafe fn start_over(&mut self) -> ChunkList {
        if self.arena.is_single() {
            // SAFETY: A2: by the caller (S1).
            unsafe { self.arena.restart() };
            return ChunkList::EMPTY;
        }
        self.hint = self.round;
        // SAFETY: A2: by the caller (S1).
        unsafe { self.arena.clear() }
    }

    /// Takes back everything, ends the round, and returns what the shrink policy gives up besides.
    ///
    /// # Safety
    ///
    /// As [`Store::start_over`].
    pub(super) unsafe fn reset(&mut self) -> ChunkList {
        if self.round > self.arena.held() / 2 {
            self.quiet = 0;
            self.quiet_peak = 0;
        } else if self.arena.held() > 0 {
            self.quiet = self.quiet.saturating_add(1);
            self.quiet_peak = self.quiet_peak.max(self.round);
        }
        let shrinks = self.quiet > 0 && self.policy.is_due(self.quiet) && self.would_shrink();
        // SAFETY: A2: by the caller (S1).
        let free = unsafe { if shrinks { self.arena.clear() } else { self.start_over() } };
        if shrinks {
            self.hint = self.quiet_peak;
            self.quiet = 0;
            self.quiet_peak = 0;
        }
        self.round = 0;
        free
    }

    /// Whether a chunk for the most that a quiet round used is smaller than what is held.
    fn would_shrink(&self) -> bool {
        let class = Chunk::class_for(self.quiet_peak).map(size_of_class);
        self.quiet_peak == 0 || class.is_some_and(|size| size < self.arena.held())
    }

    /// Gives up every chunk.
    ///
    /// # Safety
    ///
    /// As [`Store::start_over`].
    pub(super) unsafe fn close(&mut self) -> ChunkList {
        // SAFETY: A2: by the caller (S1).
        unsafe { self.arena.clear() }
    }

    pub(super) fn mark(&self) -> Mark {
        self.arena.mark()
    }

    /// # Safety
    ///
    /// As [`Arena::rewind`].
    pub(super) unsafe fn rewind(&mut self, mark: Mark) -> ChunkList {
        // SAFETY: A2: by the caller.
        unsafe { self.arena.rewind(mark) }
    }
}

/// Who has a store, and how it is reached.
pub(super) trait Lender {
    /// The store, for a moment in which nothing foreign runs.
    fn store(&self) -> impl DerefMut<Target = Store>;

    /// Where its chunks come from.
    fn supply(&self) -> &ChunkSupply;

    /// Called with the store before a block is taken; returns chunks that are free.
    fn before(&self, _store: &mut Store) -> ChunkList {
        ChunkList::EMPTY
    }

    /// Called with the store after a block was taken.
    fn taken(&self, _store: &mut Store) {}
}

/// A block of `layout`. Chunks are taken and given back while the store is not held (F7), so another thread or a sink may
/// have used it in between.
///
/// # Errors
///
/// The capacity, the backend or a budget.
#[inline]
pub(super) fn take(lender: &impl Lender, layout: Layout) -> Result<NonNull<u8>, AllocError> {
    let mut store = lender.store();
    let free = lender.before(&mut store);
    let result = store.take(layout);
    if result.is_ok() {
        lender.taken(&mut store);
    }
    drop(store);
    lender.supply().take_back(free);
    match result {
        Ok(block) => Ok(block),
        Err(missing) => take_slow(lender, layout, missing),
    }
}

#[cold]
#[inline(never)]
fn take_slow(lender: &impl Lender, layout: Layout, mut missing: Missing) -> Result<NonNull<u8>, AllocError> {
    loop {
        let wanted = match missing {
            Missing::Capacity => {
                let capacity = lender.store().capacity;
                return Err(AllocError::CapacityExceeded { capacity });
            }
            Missing::Chunk(wanted) => wanted?,
        };
        let fresh = Fresh { chunk: Some(lender.supply().obtain(wanted)?), supply: lender.supply() };
        match take_with(lender, layout, fresh) {
            Ok(block) => return Ok(block),
            Err(again) => missing = again,
        }
    }
}

/// A chunk that goes back if nobody takes it.
struct Fresh<'s> {
    chunk: Option<NonNull<Chunk>>,
    supply: &'s ChunkSupply,
}

impl Drop for Fresh<'_> {
    fn drop(&mut self) {
        if let Some(chunk) = self.chunk {
            // SAFETY: F1: the chunk was obtained for this value and never used.
            unsafe { self.supply.take_back_one(chunk) };
        }
    }
}

/// A block of what is there meanwhile, else of `fresh`.
fn take_with(lender: &impl Lender, layout: Layout, mut fresh: Fresh<'_>) -> Result<NonNull<u8>, Missing> {
    let mut store = lender.store();
    let mut result = store.take(layout);
    if matches!(result, Err(Missing::Chunk(_)))
        && let Some(chunk) = fresh.chunk.take()
    {
        // SAFETY: F1: the chunk was just obtained for this store.
        unsafe { store.arena.adopt(chunk) };
        result = store.take(layout);
    }
    if result.is_ok() {
        lender.taken(&mut store);
    }
    result
}
