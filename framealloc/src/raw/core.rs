//! The state of one frame.

#![expect(unsafe_code, reason = "moves the bump pointer inside a chunk")]

use core::alloc::Layout;
use core::cell::{Cell, UnsafeCell};
use core::ops::Deref;
use core::ptr::{self, NonNull};

use super::chunk::{self, Chunk, MAX_FAST};
use super::poison;
use super::share::Slot;
use crate::error::AllocError;
use crate::sys::align::{GRAIN, grain_up};

/// What a frame is for; decides how it is retired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Stands for "no ambient frame is open": never serves an allocation.
    Vacant,
    /// Proven by the borrow checker; ends with its `Frame`.
    Scoped,
    /// Opened by `begin_frame`, or on demand; ends with `end_frame` or when the frame number moves on.
    Ambient,
    /// Opened by a checkpoint on top of an ambient frame.
    Segment,
}

/// What a core asks of whoever owns it, on slow paths only.
///
/// # Safety
///
/// Each method is called on the owning thread (F3), with a core that this owner opened.
pub(crate) trait Owner {
    /// Serves `layout` (not zero-sized) from `core` after its fast path failed: new chunk, new lease, or an error.
    unsafe fn refill(&self, core: NonNull<Core>, layout: Layout) -> Result<NonNull<u8>, AllocError>;

    /// Tries to raise `limit` so that the pointer may move up to `end`, inside the current chunk.
    unsafe fn extend(&self, core: NonNull<Core>, end: *mut u8) -> bool;

    /// The count of handles of `core` has become zero.
    unsafe fn released(&self, core: NonNull<Core>);

    /// The `Frame` of this scoped core is being dropped.
    unsafe fn close_scoped(&self, core: NonNull<Core>);

    /// Opens a scoped core for a child frame.
    unsafe fn open_child(&self) -> Result<NonNull<Core>, AllocError>;

    /// The number of the tag that this thread charges now.
    fn current_payer(&self) -> u16;

    /// Remembers why a container's allocation failed, for the `try_` form that asked.
    fn set_error(&self, error: AllocError);

    /// Takes what [`Owner::set_error`] remembered.
    fn take_error(&self) -> Option<AllocError>;
}

/// Bytes of one tag inside one frame.
#[derive(Clone, Copy)]
pub(crate) struct Record {
    /// Whose bytes; opaque here.
    pub(crate) payer: *const (),
    pub(crate) bytes: u64,
}

impl Record {
    pub(crate) const NONE: Record = Record { payer: ptr::null(), bytes: 0 };
}

/// A record that did not fit the two inline ones.
pub(crate) struct ExtraRecord {
    pub(crate) record: Cell<Record>,
    pub(crate) next: Cell<*mut ExtraRecord>,
}

/// The state of one frame. Lives in a slab of its thread heap, at an address that does not change while it is open.
///
/// All of it is in an `UnsafeCell`, because the slab may go with the heap while a method of the core returns (F5).
#[repr(transparent)]
pub(crate) struct Core(UnsafeCell<State>);

impl Deref for Core {
    type Target = State;

    #[inline(always)]
    fn deref(&self) -> &State {
        // SAFETY: F3: the state is changed through its own cells alone.
        unsafe { &*self.0.get() }
    }
}

/// What a core is.
///
/// `refs` and `allocs` are bumped by the same operation and kept apart on purpose: adjacent, the compiler fuses them into
/// one vector read-modify-write, which is several times slower.
#[repr(C)]
pub(crate) struct State {
    /// First free byte (F4).
    pub(crate) ptr: Cell<*mut u8>,
    /// How far `ptr` may go: end of the chunk, of the lease, or `ptr` itself when sealed (F4).
    pub(crate) limit: Cell<*mut u8>,
    /// Handles alive, plus one for the frame itself (F2).
    pub(crate) refs: Cell<u64>,
    /// Address of the `FrameRef` whose allocation may fail with an error instead of a panic.
    pub(crate) fallible: Cell<*const ()>,
    /// Allocations made since the frame was opened.
    pub(crate) allocs: Cell<u64>,
    /// Everything below is charged (F6).
    pub(crate) mark: Cell<*mut u8>,
    /// Highest `ptr` since the last settling, if it was moved back (F6).
    pub(crate) high: Cell<*mut u8>,
    pub(crate) owner: Cell<NonNull<dyn Owner>>,
    /// The end of the chunk that `ptr` points into.
    pub(crate) end: Cell<*mut u8>,
    /// The chunk `ptr` points into; older ones follow through `next` (F1).
    pub(crate) chunk: Cell<*mut Chunk>,
    /// `allocs` at the last settling.
    pub(crate) allocs_mark: Cell<u64>,
    /// Bytes charged since the frame was opened.
    pub(crate) charged: Cell<u64>,
    /// Neighbours in the owner's list of unsealed frames; `linked` says whether they mean anything.
    pub(crate) previous: Cell<*const Core>,
    pub(crate) next: Cell<*const Core>,
    pub(crate) linked: Cell<bool>,
    pub(crate) kind: Cell<Kind>,
    /// The frame has ended; handles keep it (F2).
    pub(crate) closed: Cell<bool>,
    /// Distinguishes this use of the record from all others (F8).
    pub(crate) serial: Cell<u64>,
    /// Frame number when it was opened.
    pub(crate) frame_number: Cell<u64>,
    /// The ambient core underneath a segment; the next committed segment of an ambient frame.
    pub(crate) below: Cell<*const Core>,
    /// Committed segments that wait for the end of this frame.
    pub(crate) committed: Cell<*const Core>,
    /// Values with a declared future, latest first; opaque here.
    pub(crate) retained: Cell<*mut ()>,
    /// Slots of values in this frame's memory that close with it or later, latest first.
    pub(crate) shared: Cell<*const Slot>,
    /// How many of the counts in `refs` are slots'.
    pub(crate) shares: Cell<u64>,
    pub(crate) records: [Cell<Record>; 2],
    pub(crate) extra_records: Cell<*mut ExtraRecord>,
    /// Where the size of the first chunk comes from; opaque here.
    pub(crate) sizing: Cell<*const ()>,
}

impl Core {
    /// A core that serves nothing until its owner opens it.
    pub(crate) fn vacant(owner: NonNull<dyn Owner>) -> Self {
        let nowhere = ptr::without_provenance_mut(GRAIN);
        Self(UnsafeCell::new(State {
            ptr: Cell::new(nowhere),
            limit: Cell::new(nowhere),
            refs: Cell::new(1),
            fallible: Cell::new(ptr::null()),
            allocs: Cell::new(0),
            mark: Cell::new(nowhere),
            high: Cell::new(nowhere),
            owner: Cell::new(owner),
            end: Cell::new(nowhere),
            chunk: Cell::new(ptr::null_mut()),
            allocs_mark: Cell::new(0),
            charged: Cell::new(0),
            previous: Cell::new(ptr::null()),
            next: Cell::new(ptr::null()),
            linked: Cell::new(false),
            kind: Cell::new(Kind::Vacant),
            closed: Cell::new(false),
            serial: Cell::new(0),
            frame_number: Cell::new(0),
            below: Cell::new(ptr::null()),
            committed: Cell::new(ptr::null()),
            retained: Cell::new(ptr::null_mut()),
            shared: Cell::new(ptr::null()),
            shares: Cell::new(0),
            records: [const { Cell::new(Record::NONE) }; 2],
            extra_records: Cell::new(ptr::null_mut()),
            sizing: Cell::new(ptr::null()),
        }))
    }

    /// Room for one `T` (not zero-sized) at the bump pointer, if the current lease has it.
    #[inline(always)]
    pub(crate) fn bump<T>(&self) -> Option<NonNull<T>> {
        debug_assert!(size_of::<T>() > 0, "F4: zero-sized types never touch the pointer");
        if align_of::<T>() > GRAIN || size_of::<T>() > MAX_FAST {
            return self.bump_layout(Layout::new::<T>()).map(NonNull::cast);
        }
        let size = grain_up(size_of::<T>());
        let start = self.ptr.get();
        // F4: no chunk ends in the last MAX_FAST bytes of the address space, so this sum does not wrap.
        let end = start.wrapping_add(size);
        if end > self.limit.get() {
            return None;
        }
        self.ptr.set(end);
        poison::handed_out(start, size);
        self.allocs.set(self.allocs.get().wrapping_add(1));
        // SAFETY: F4: the bump pointer is never null.
        Some(unsafe { NonNull::new_unchecked(start) }.cast())
    }

    /// Room for `layout` (not zero-sized) at the bump pointer, if the current lease has it.
    #[inline(always)]
    pub(crate) fn bump_layout(&self, layout: Layout) -> Option<NonNull<u8>> {
        let start = self.ptr.get();
        let padding =
            if layout.align() > GRAIN { start.addr().wrapping_neg() & (layout.align() - 1) } else { 0 };
        // F4: `padding < align <= isize::MAX + 1` and `size <= isize::MAX + 1`: the sum does not wrap.
        let needed = padding + grain_up(layout.size());
        if needed > self.limit.get().addr() - start.addr() {
            return None;
        }
        self.ptr.set(start.wrapping_add(needed));
        poison::handed_out(start.wrapping_add(padding), needed - padding);
        self.allocs.set(self.allocs.get().wrapping_add(1));
        // SAFETY: F4: the bump pointer is never null.
        Some(unsafe { NonNull::new_unchecked(start.wrapping_add(padding)) })
    }

    /// [`Core::bump_layout`] with the owner's slow path behind it.
    #[inline(always)]
    pub(crate) fn allocate(&self, layout: Layout) -> Result<NonNull<u8>, AllocError> {
        match self.bump_layout(layout) {
            Some(block) => Ok(block),
            None => self.refill(layout),
        }
    }

    /// The owner's slow path.
    #[cold]
    #[inline(never)]
    pub(crate) fn refill(&self, layout: Layout) -> Result<NonNull<u8>, AllocError> {
        // SAFETY: F3, F5: whoever holds this core is on its thread and keeps its owner alive.
        unsafe { self.owner.get().as_ref().refill(NonNull::from(self), layout) }
    }

    /// Moves the end of the last block from `old_end` to `new_end` if `old_end` is the bump pointer, growing or
    /// shrinking. Both are rounded to the grain.
    #[inline]
    pub(crate) fn move_end(&self, old_end: *mut u8, new_end: *mut u8) -> bool {
        if self.ptr.get() != old_end {
            return false;
        }
        if new_end > self.limit.get() {
            // SAFETY: F3, F5: as in `refill`.
            let extended = unsafe { self.owner.get().as_ref().extend(NonNull::from(self), new_end) };
            if !extended || self.ptr.get() != old_end {
                return false;
            }
        }
        self.retreat_or_advance(new_end);
        true
    }

    /// Gives the last block back: its bytes start at `start` and end at `end`, rounded to the grain.
    #[inline]
    pub(crate) fn give_back(&self, start: *mut u8, end: *mut u8) {
        // SAFETY: F2: the block was handed out by this core, and its user gives it up.
        unsafe { poison::recycled(start, end.addr() - start.addr()) };
        if self.ptr.get() == end {
            self.retreat_or_advance(start);
        }
    }

    fn retreat_or_advance(&self, to: *mut u8) {
        let from = self.ptr.get();
        // Where to, and no more: a container may hold a pointer that is good for its own block alone.
        let to = from.with_addr(to.addr());
        if to < from && from > self.high.get() {
            self.high.set(from);
        }
        if to > from {
            poison::handed_out(from, to.addr() - from.addr());
        } else {
            // SAFETY: F4: these are bytes of the last block, which its user gives up.
            unsafe { poison::recycled(to, from.addr() - to.addr()) };
        }
        // F6: never below what is charged.
        self.ptr.set(to.max(self.mark.get()));
    }

    /// Bytes handed out since the last settling.
    #[inline(always)]
    pub(crate) fn unsettled(&self) -> u64 {
        (self.ptr.get().addr() - self.mark.get().addr()) as u64
    }

    /// Tells the tools that nothing of what was handed out is reachable any more.
    ///
    /// # Safety
    ///
    /// That is so (F2), and the core has a chunk.
    #[cfg(feature = "debug")]
    pub(crate) unsafe fn poison(&self) {
        let mut used = self.ptr.get();
        let mut next = self.chunk.get();
        while let Some(chunk) = NonNull::new(next) {
            let start = chunk::start(chunk);
            // SAFETY: F1: the chunks of the list are live and this core's. F2: by the caller nobody reads them.
            unsafe {
                poison::recycled(start, used.addr() - start.addr());
                next = chunk.as_ref().next.get();
                used = next.as_ref().map_or(used, |older| older.used.get());
            }
        }
    }

    /// Makes `chunk` the current one, with nothing handed out of it and no room leased.
    ///
    /// # Safety
    ///
    /// The core owns `chunk` (F1), and what was handed out of its last chunk is charged.
    #[inline(always)]
    pub(crate) unsafe fn start_in(&self, chunk: NonNull<Chunk>) {
        let start = chunk::start(chunk);
        self.chunk.set(chunk.as_ptr());
        self.ptr.set(start);
        self.limit.set(start);
        self.mark.set(start);
        self.high.set(start);
        // SAFETY: F1: by the caller the chunk is live.
        self.end.set(unsafe { chunk::end(chunk) });
    }

    /// The most bytes that were in use at once, as far as this frame knows: those charged and the highest place since.
    #[inline(always)]
    pub(crate) fn high_water(&self) -> u64 {
        let top = self.high.get().max(self.ptr.get());
        self.charged.get() + (top.addr() - self.mark.get().addr()) as u64
    }

    /// Checks F4 and F6.
    pub(crate) fn debug_assert_valid(&self) {
        debug_assert!(self.mark.get() <= self.ptr.get() && self.ptr.get() <= self.limit.get(), "F4");
        debug_assert!(self.limit.get() <= self.end.get(), "F4");
        debug_assert!(self.ptr.get().addr().is_multiple_of(GRAIN), "F4");
    }

    /// One more handle.
    #[inline(always)]
    pub(crate) fn retain(&self) {
        self.refs.set(self.refs.get().wrapping_add(1));
    }

    /// One handle less.
    #[inline(always)]
    pub(crate) fn release(&self) {
        let refs = self.refs.get().wrapping_sub(1);
        self.refs.set(refs);
        if refs == 0 {
            self.released();
        }
    }

    #[cold]
    #[inline(never)]
    fn released(&self) {
        // SAFETY: F3, F5: as in `refill`.
        unsafe { self.owner.get().as_ref().released(NonNull::from(self)) };
    }
}
