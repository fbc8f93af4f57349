//! The counted reference to a frame's memory.

#![expect(unsafe_code, reason = "hands out frame memory through the Allocator trait")]

use core::alloc::Layout;
use core::fmt;
use core::marker::PhantomData;
use core::panic::{RefUnwindSafe, UnwindSafe};
use core::ptr::{self, NonNull};

use allocator_api2::alloc::{AllocError as Refused, Allocator};

use crate::error::AllocError;
use crate::raw::core::Core;
use crate::raw::poison;
use crate::sys::align::{GRAIN, grain_up};

/// Why nothing that holds frame memory may go to another thread: the name is what the compiler shows.
#[doc(hidden)]
pub trait FrameMemoryStaysOnItsThread {}

/// Makes a type neither `Send` nor `Sync`.
pub(crate) type NotSend = PhantomData<dyn FrameMemoryStaysOnItsThread>;

/// The address of a core. It may cross threads, so that the [`NotSend`] beside it is the one reason the compiler gives.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub(crate) struct CoreAt(pub(crate) NonNull<Core>);

// SAFETY: F3: an address does nothing by itself; each type that holds one holds a `NotSend` too.
unsafe impl Send for CoreAt {}
// SAFETY: F3: as above.
unsafe impl Sync for CoreAt {}

/// A counted reference to the memory of one frame; the allocator of [`FrameVec`](crate::FrameVec) and its kin.
///
/// `'f` is the borrow of the [`Frame`](crate::Frame), or of the [`SmartAlloc`](crate::SmartAlloc) whose ambient frame it
/// refers to. While a `FrameRef` of an ambient frame is alive, the memory of that frame is not recycled. Use it to put
/// any container over `allocator-api2` 0.2 into frame memory.
///
/// Cost: cloning is an increment, dropping a decrement and a branch; neither is atomic.
///
/// ```
/// use framealloc::SmartAlloc;
///
/// let alloc = SmartAlloc::with_defaults();
/// let frame = alloc.frame();
/// let mut words = allocator_api2::vec::Vec::new_in(frame.frame_ref());
/// words.extend(["one", "two"]);
/// assert_eq!(words.len(), 2);
/// ```
///
/// # Panics
///
/// An infallible container operation that finds no memory, or no budget, panics with the text of the
/// [`AllocError`](crate::AllocError).
pub struct FrameRef<'f> {
    core: CoreAt,
    marker: PhantomData<&'f ()>,
    not_send: NotSend,
}

impl UnwindSafe for FrameRef<'_> {}
impl RefUnwindSafe for FrameRef<'_> {}

impl<'f> FrameRef<'f> {
    /// A reference to the frame of `core`.
    ///
    /// # Safety
    ///
    /// * `core` is open, or closed with a count above zero, and belongs to this thread (F3).
    /// * A scoped core is not closed during `'f` (F2).
    #[inline(always)]
    pub(crate) unsafe fn new(core: NonNull<Core>) -> Self {
        // SAFETY: F5: by the caller the core is live.
        unsafe { core.as_ref() }.retain();
        Self { core: CoreAt(core), marker: PhantomData, not_send: PhantomData }
    }

    #[inline(always)]
    pub(crate) fn core(&self) -> &Core {
        // SAFETY: F2, F5: a counted core and its owner stay alive.
        unsafe { self.core.0.as_ref() }
    }

    /// Serves `layout`, or says why not. Zero-sized layouts get a dangling pointer.
    #[inline(always)]
    pub(crate) fn request(&self, layout: Layout) -> Result<NonNull<u8>, AllocError> {
        request(self.core(), layout)
    }

    /// Room for one `T`.
    #[inline(always)]
    pub(crate) fn request_for<T>(&self) -> Result<NonNull<T>, AllocError> {
        request_for(self.core())
    }

    /// The answer of an `Allocator` call that was given `len` bytes, or none: then an error where a `try_` form asked for
    /// one, a panic elsewhere. `self` is compared here and shown to no other function, so that the container it is in may
    /// stay in registers.
    #[inline(always)]
    fn answer(&self, block: Option<NonNull<u8>>, len: usize) -> Result<NonNull<[u8]>, Refused> {
        match block {
            Some(block) => Ok(NonNull::slice_from_raw_parts(block, len)),
            None => {
                let named = ptr::eq(self.core().fallible.get(), ptr::from_ref(self).cast());
                Err(refuse(self.core(), named))
            }
        }
    }
}

/// Leaves the error that the owner remembers to the `try_` form that named the reference, or panics with it.
#[cold]
#[inline(never)]
fn refuse(core: &Core, named: bool) -> Refused {
    if !named {
        // SAFETY: F5: the core keeps its owner alive.
        let error = unsafe { core.owner.get().as_ref() }.take_error();
        fail(error.expect("`room_or_reason` gave the owner the reason"));
    }
    Refused
}

/// [`request`]; if there is no room, the owner remembers why.
#[inline(always)]
fn room_or_reason(core: &Core, layout: Layout) -> Option<NonNull<u8>> {
    match request(core, layout) {
        Ok(block) => Some(block),
        Err(error) => {
            remember(core, error);
            None
        }
    }
}

#[cold]
#[inline(never)]
fn remember(core: &Core, error: AllocError) {
    // SAFETY: F5: the core keeps its owner alive.
    unsafe { core.owner.get().as_ref() }.set_error(error);
}

/// Makes a block larger, in place if it is the last one. If there is no room, the owner remembers why.
///
/// A growing container does this a few times in its life: out of line and cold, it leaves the loop that fills the container
/// short.
///
/// # Safety
///
/// As `Allocator::grow` of a reference to `core`.
#[cold]
#[inline(never)]
unsafe fn grow(core: &Core, block: NonNull<u8>, old: Layout, new: Layout) -> Option<NonNull<u8>> {
    let start = block.as_ptr();
    let (old_size, new_size) = (grain_up(old.size()), grain_up(new.size()));
    let in_place = old.size() > 0
        && is_aligned(block, new.align())
        && start.addr().checked_add(new_size).is_some()
        && (old_size == new_size
            || core.move_end(start.wrapping_add(old_size), start.wrapping_add(new_size)));
    if in_place {
        return Some(block);
    }
    let moved = room_or_reason(core, new)?;
    // SAFETY: F4: by the caller the old block holds `old.size()` bytes, and the new one is larger and distinct.
    unsafe {
        ptr::copy_nonoverlapping(start, moved.as_ptr(), old.size());
        poison::recycled(start, old_size);
    }
    Some(moved)
}

/// The panicking form of a fallible one. A macro, and not a closure, so that the caller's place is kept.
macro_rules! or_fail {
    ($result:expr) => {
        match $result {
            Ok(value) => value,
            Err(error) => $crate::frame::fail(error),
        }
    };
}
pub(crate) use or_fail;

/// Room for `layout` in `core`; zero-sized layouts get a dangling pointer.
#[inline(always)]
pub(crate) fn request(core: &Core, layout: Layout) -> Result<NonNull<u8>, AllocError> {
    if layout.size() == 0 {
        return Ok(dangling(layout.align()));
    }
    core.allocate(layout)
}

/// [`request`] for the infallible forms: no `Result` on the way.
#[inline(always)]
#[track_caller]
pub(crate) fn room_for(core: &Core, layout: Layout) -> NonNull<u8> {
    if layout.size() == 0 {
        return dangling(layout.align());
    }
    match core.bump_layout(layout) {
        Some(block) => block,
        None => refill_or_fail(core, layout),
    }
}

#[cold]
#[inline(never)]
#[track_caller]
fn refill_or_fail(core: &Core, layout: Layout) -> NonNull<u8> {
    or_fail!(core.refill(layout))
}

/// Room for one `T` in `core`; zero-sized types get a dangling pointer.
#[inline(always)]
pub(crate) fn request_for<T>(core: &Core) -> Result<NonNull<T>, AllocError> {
    if size_of::<T>() == 0 {
        return Ok(NonNull::dangling());
    }
    match core.bump::<T>() {
        Some(place) => Ok(place),
        None => core.refill(Layout::new::<T>()).map(NonNull::cast),
    }
}

/// Whether `block` is at a multiple of `align`, a power of two.
#[inline(always)]
fn is_aligned(block: NonNull<u8>, align: usize) -> bool {
    block.addr().get() & (align - 1) == 0
}

/// A well-aligned address for nothing.
#[inline(always)]
pub(crate) fn dangling(align: usize) -> NonNull<u8> {
    // Alignments are powers of two, so never zero.
    NonNull::new(ptr::without_provenance_mut(align)).unwrap_or(NonNull::dangling())
}

/// Ends an infallible form whose memory was refused.
#[cold]
#[inline(never)]
#[track_caller]
pub(crate) fn fail(error: AllocError) -> ! {
    panic!("{error}")
}

impl Clone for FrameRef<'_> {
    #[inline]
    fn clone(&self) -> Self {
        // SAFETY: F2, F3: `self` counts, is on its thread, and the copy has the same lifetime.
        unsafe { Self::new(self.core.0) }
    }
}

impl Drop for FrameRef<'_> {
    #[inline(always)]
    fn drop(&mut self) {
        self.core().release();
    }
}

impl fmt::Debug for FrameRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let core = self.core();
        f.debug_struct("FrameRef")
            .field("kind", &core.kind.get())
            .field("handles", &(core.refs.get() - 1))
            .finish()
    }
}

// SAFETY: F2: a block stays valid while this reference, or a clone of it, counts on an ambient frame, or during `'f` for
// a scoped one, and every container that holds a `FrameRef<'f>` is bound by both. Moving the reference moves nothing:
// blocks belong to the core. F4, F6: grow and shrink keep the contents and round sizes as allocate does.
unsafe impl Allocator for FrameRef<'_> {
    #[inline]
    fn allocate(&self, layout: Layout) -> Result<NonNull<[u8]>, Refused> {
        self.answer(room_or_reason(self.core(), layout), layout.size())
    }

    #[inline]
    unsafe fn deallocate(&self, block: NonNull<u8>, layout: Layout) {
        if layout.size() > 0 {
            let start = block.as_ptr();
            self.core().give_back(start, start.wrapping_add(grain_up(layout.size())));
        }
    }

    #[inline]
    unsafe fn grow(&self, block: NonNull<u8>, old: Layout, new: Layout) -> Result<NonNull<[u8]>, Refused> {
        // SAFETY: F4: by the caller.
        let grown = unsafe { grow(self.core(), block, old, new) };
        self.answer(grown, new.size())
    }

    #[inline]
    unsafe fn shrink(&self, block: NonNull<u8>, old: Layout, new: Layout) -> Result<NonNull<[u8]>, Refused> {
        let start = block.as_ptr();
        if is_aligned(block, new.align()) {
            if new.size() > 0 {
                let (old_size, new_size) = (grain_up(old.size()), grain_up(new.size()));
                self.core().move_end(start.wrapping_add(old_size), start.wrapping_add(new_size));
            }
            // A block shrunk to nothing keeps its bytes: its next layout is zero-sized and never touches the pointer.
            return Ok(NonNull::slice_from_raw_parts(block, new.size()));
        }
        let moved = self.answer(room_or_reason(self.core(), new), new.size())?;
        // SAFETY: F4: the new block holds `new.size()` bytes, which is at most `old.size()`, and is distinct.
        unsafe { ptr::copy_nonoverlapping(start, moved.as_ptr().cast(), new.size()) };
        Ok(moved)
    }
}

const _: () = assert!(GRAIN == 8 && size_of::<FrameRef<'static>>() == size_of::<usize>());
