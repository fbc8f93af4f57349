//! Frame memory that other threads may read.

#![expect(unsafe_code, reason = "pins slots and lends what they hold")]

use core::fmt;
use core::marker::PhantomData;
use core::ops::Deref;
use core::panic::{Location, RefUnwindSafe, UnwindSafe};
use core::ptr::NonNull;

use super::smart_alloc::SmartAlloc;
use crate::error::AllocError;
use crate::frame::or_fail;
use crate::raw::share::{Chain, Slot};

/// The address of a slot. It may cross threads: what of a slot other threads touch is atomic.
#[derive(Clone, Copy)]
struct SlotAt(NonNull<Slot>);

// SAFETY: V1: slots are `Sync`, and are only followed while their allocator lives.
unsafe impl Send for SlotAt {}
// SAFETY: V1: as above.
unsafe impl Sync for SlotAt {}

/// Names a value in frame memory that later systems of the same frame may read, on any thread; made by
/// [`SmartAlloc::share`].
///
/// A handle is 24 bytes, `Copy` and never dangles: once the value is gone, [`FrameHandle::read`] returns `None`.
///
/// ```
/// use framealloc::{FrameHandle, SmartAlloc};
///
/// let alloc = SmartAlloc::with_defaults();
/// alloc.begin_frame();
/// let visible: FrameHandle<Vec<u32>> = alloc.share(vec![3, 5, 8]);
/// std::thread::scope(|scope| {
///     scope.spawn(|| assert_eq!(visible.read(&alloc).unwrap().len(), 3));
/// });
/// alloc.end_frame();
/// assert!(visible.read(&alloc).is_none());
/// ```
pub struct FrameHandle<T> {
    allocator: u64,
    generation: u64,
    slot: SlotAt,
    names: PhantomData<fn() -> T>,
}

impl<T> Copy for FrameHandle<T> {}

impl<T> Clone for FrameHandle<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> UnwindSafe for FrameHandle<T> {}
impl<T> RefUnwindSafe for FrameHandle<T> {}

impl<T> fmt::Debug for FrameHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FrameHandle")
            .field("allocator", &self.allocator)
            .field("generation", &self.generation)
            .finish_non_exhaustive()
    }
}

impl<T: Send + Sync + 'static> FrameHandle<T> {
    /// The value, if it is still there; it stays while the guard lives.
    ///
    /// `None` when the value's frames are over, its thread has exited, `alloc` is another allocator, or 8,388,608 guards
    /// of this value are alive.
    ///
    /// Cost: one atomic addition, and one when the guard is dropped.
    #[inline]
    #[must_use]
    pub fn read<'a>(&self, alloc: &'a SmartAlloc) -> Option<ReadGuard<'a, T>> {
        if self.allocator != alloc.shared.id {
            return None;
        }
        // SAFETY: V1: the slot is one of this allocator's, which the caller borrows.
        let slot: &'a Slot = unsafe { self.slot.0.as_ref() };
        // SAFETY: V2: the handle's type and generation are those that the slot was opened with.
        match unsafe { slot.pin(self.generation) } {
            Some(value) => Some(ReadGuard { value, slot, alloc }),
            None => {
                unpin(slot, alloc);
                None
            }
        }
    }
}

/// Takes a pin away, and gives the value up where that falls to its last reader.
#[inline]
fn unpin(slot: &Slot, alloc: &SmartAlloc) {
    if let Some(inheritance) = slot.unpin() {
        let mut vacant = Chain::EMPTY;
        vacant.push(slot);
        alloc.shared.slots.give(vacant);
        drop(inheritance);
    }
}

/// Lends a shared value; while it lives, the value and its frame's memory stay. Dereferences to the value.
///
/// It may go to another thread. A guard that is leaked keeps the value and the memory of its frame.
pub struct ReadGuard<'a, T: Send + Sync + 'static> {
    value: NonNull<T>,
    slot: &'a Slot,
    alloc: &'a SmartAlloc,
}

// SAFETY: V2: the guard lends `&T`, and drops the `T` at most where its owner is gone; its slot is `Sync`.
unsafe impl<T: Send + Sync + 'static> Send for ReadGuard<'_, T> {}
// SAFETY: V2: as above.
unsafe impl<T: Send + Sync + 'static> Sync for ReadGuard<'_, T> {}

impl<T: Send + Sync + RefUnwindSafe + 'static> UnwindSafe for ReadGuard<'_, T> {}
impl<T: Send + Sync + RefUnwindSafe + 'static> RefUnwindSafe for ReadGuard<'_, T> {}

impl<T: Send + Sync + 'static> Deref for ReadGuard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: V2: the guard's pin holds.
        unsafe { self.value.as_ref() }
    }
}

impl<T: Send + Sync + 'static> Drop for ReadGuard<'_, T> {
    #[inline]
    fn drop(&mut self) {
        unpin(self.slot, self.alloc);
    }
}

impl<T: Send + Sync + fmt::Debug + 'static> fmt::Debug for ReadGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl SmartAlloc {
    /// Moves `value` into the ambient frame of this thread and makes it readable on every thread until that frame ends.
    ///
    /// At the end of the frame the value is dropped on this thread. While a reader has a [`ReadGuard`], the value and the
    /// memory of the frame stay instead, and this thread drops it soon after the last reader is done: when it begins or
    /// ends a frame, when an allocation needs a closer look, or when it exits. If readers outlast the thread, the last
    /// one drops it. A rollback of a checkpoint that the value was shared after ends it too.
    ///
    /// The bytes are charged as those of any ambient allocation.
    ///
    /// # Panics
    ///
    /// When memory or a budget is refused.
    #[track_caller]
    pub fn share<T: Send + Sync + 'static>(&self, value: T) -> FrameHandle<T> {
        or_fail!(self.try_share(value))
    }

    /// [`SmartAlloc::share`] with an error instead of a panic.
    ///
    /// # Errors
    ///
    /// [`AllocError`] when memory or a budget is refused; `value` is dropped then.
    #[track_caller]
    pub fn try_share<T: Send + Sync + 'static>(&self, value: T) -> Result<FrameHandle<T>, AllocError> {
        self.try_share_for(value, 0)
    }

    /// [`SmartAlloc::share`] for `frames` further frames: what frame `n` shares is readable until this thread begins a
    /// frame after frame `n + frames`, or does ambient work there.
    ///
    /// Frames are those of the frame number, whoever drives it. The memory of the whole ambient frame stays as long, so
    /// `frames + 1` frames' worth of memory is in use in a steady loop. If the thread exits, the value is gone earlier.
    ///
    /// ```
    /// use framealloc::SmartAlloc;
    ///
    /// let alloc = SmartAlloc::with_defaults();
    /// alloc.begin_frame();
    /// let scene = alloc.share_for(String::from("frame 1"), 1);
    /// alloc.end_frame();
    ///
    /// alloc.begin_frame(); // frame 2: a renderer one frame behind reads frame 1
    /// assert_eq!(&*scene.read(&alloc).unwrap(), "frame 1");
    /// alloc.end_frame();
    ///
    /// alloc.begin_frame();
    /// assert!(scene.read(&alloc).is_none());
    /// # alloc.end_frame();
    /// ```
    ///
    /// # Panics
    ///
    /// When memory or a budget is refused.
    #[track_caller]
    pub fn share_for<T: Send + Sync + 'static>(&self, value: T, frames: u64) -> FrameHandle<T> {
        or_fail!(self.try_share_for(value, frames))
    }

    /// [`SmartAlloc::share_for`] with an error instead of a panic.
    ///
    /// # Errors
    ///
    /// [`AllocError`] when memory or a budget is refused; `value` is dropped then.
    #[track_caller]
    pub fn try_share_for<T: Send + Sync + 'static>(
        &self,
        value: T,
        frames: u64,
    ) -> Result<FrameHandle<T>, AllocError> {
        let (slot, generation) = self.heap().share(value, frames, Location::caller())?;
        Ok(FrameHandle { allocator: self.shared.id, generation, slot: SlotAt(slot), names: PhantomData })
    }
}
