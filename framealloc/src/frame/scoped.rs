//! One frame, proven by the borrow checker.

#![expect(unsafe_code, reason = "lends frame memory for the borrow of the frame")]

use core::alloc::Layout;
use core::fmt::{self, Write};
use core::hash::Hash;
use core::mem::{self, MaybeUninit};
use core::panic::{RefUnwindSafe, UnwindSafe};
use core::ptr::NonNull;

use super::boxed::FrameBox;
use super::init;
use super::map::{FrameMap, FrameSet};
use super::reference::or_fail;
use super::reference::{CoreAt, FrameRef, NotSend, request, request_for, room_for};
use super::string::FrameString;
use super::vec::FrameVec;
use crate::error::AllocError;
use crate::raw::core::Core;

/// One frame of memory: allocating bumps a pointer, dropping the frame gives everything back at once.
///
/// Opened by [`SmartAlloc::frame`](crate::SmartAlloc::frame) and by `#[frame_system]`. Frames own their memory, so they
/// nest, overlap and end in any order. A frame stays on its thread; plain references into it may go to scoped threads
/// when the value allows it.
///
/// Cost: one allocation is a bump, a comparison and a counter. An empty frame costs a few nanoseconds.
///
/// ```
/// use framealloc::SmartAlloc;
///
/// let alloc = SmartAlloc::with_defaults();
/// let frame = alloc.frame();
/// let contact = frame.alloc((3_u32, 0.5_f32));
/// let weights = frame.slice_from_fn(4, |i| i as f32);
/// contact.0 += 1;
/// assert_eq!((contact.0, weights[3]), (4, 3.0));
/// ```
///
/// A reference that outlives the frame does not compile:
///
/// ```compile_fail,E0505
/// use framealloc::SmartAlloc;
///
/// let alloc = SmartAlloc::with_defaults();
/// let frame = alloc.frame();
/// let contact = frame.alloc(1_u32);
/// drop(frame);
/// *contact = 2;
/// ```
///
/// # Panics
///
/// The methods without `try_` panic with the text of the [`AllocError`] when memory or a budget is refused.
pub struct Frame {
    core: CoreAt,
    not_send: NotSend,
}

impl UnwindSafe for Frame {}
impl RefUnwindSafe for Frame {}

/// Refuses types with a destructor where nobody would run it.
struct NoDestructor<T>(T);

impl<T> NoDestructor<T> {
    const CHECK: () = assert!(
        !mem::needs_drop::<T>(),
        "this type has a destructor, which a plain frame reference never runs: use `frame.boxed(value)`, `frame.vec()` \
         or `frame.map()` instead"
    );
}

#[expect(clippy::mut_from_ref, reason = "each call lends memory that no other call lends")]
impl Frame {
    /// The frame of `core`.
    ///
    /// # Safety
    ///
    /// `core` is an open scoped core of this thread that no other `Frame` was made of.
    #[inline(always)]
    pub(crate) unsafe fn from_core(core: NonNull<Core>) -> Self {
        Self { core: CoreAt(core), not_send: NotSend::default() }
    }

    #[inline(always)]
    pub(crate) fn core(&self) -> &Core {
        // SAFETY: F5: a core and its owner live until the frame is dropped.
        unsafe { self.core.0.as_ref() }
    }

    /// A counted reference to this frame's memory, for containers.
    #[inline(always)]
    pub fn frame_ref(&self) -> FrameRef<'_> {
        // SAFETY: F2: the frame is borrowed while the reference lives, so it is not closed.
        unsafe { FrameRef::new(self.core.0) }
    }

    /// Moves `value` into the frame.
    ///
    /// The type must have no destructor; the build stops with advice otherwise.
    #[inline(always)]
    #[track_caller]
    pub fn alloc<T>(&self, value: T) -> &mut T {
        let () = NoDestructor::<T>::CHECK;
        or_fail!(self.place(|| value))
    }

    /// Moves `value` into the frame.
    ///
    /// # Errors
    ///
    /// [`AllocError`] when memory or a budget is refused.
    #[inline(always)]
    pub fn try_alloc<T>(&self, value: T) -> Result<&mut T, AllocError> {
        let () = NoDestructor::<T>::CHECK;
        self.place(|| value)
    }

    /// Makes a value directly in the frame. The place is taken before `make` runs.
    #[inline(always)]
    #[track_caller]
    pub fn alloc_with<T>(&self, make: impl FnOnce() -> T) -> &mut T {
        let () = NoDestructor::<T>::CHECK;
        or_fail!(self.place(make))
    }

    /// Makes a value directly in the frame; `make` does not run when the place is refused.
    ///
    /// # Errors
    ///
    /// [`AllocError`] when memory or a budget is refused.
    #[inline(always)]
    pub fn try_alloc_with<T>(&self, make: impl FnOnce() -> T) -> Result<&mut T, AllocError> {
        let () = NoDestructor::<T>::CHECK;
        self.place(make)
    }

    /// Makes a value in the frame, for callers that have looked at its type: each of them has one check, whose error
    /// then shows their caller's line and little else.
    #[inline(always)]
    fn place<T>(&self, make: impl FnOnce() -> T) -> Result<&mut T, AllocError> {
        let mut place = request_for::<T>(self.core())?;
        // SAFETY: F4: the place is fresh and fits. F2: it lives as long as the borrow of the frame.
        unsafe {
            place.write(make());
            Ok(place.as_mut())
        }
    }

    /// A place for a `T` that is written later.
    #[inline(always)]
    #[track_caller]
    pub fn uninit<T>(&self) -> &mut MaybeUninit<T> {
        &mut or_fail!(self.try_uninit_slice(1))[0]
    }

    /// Places for `len` elements that are written later.
    #[inline]
    #[track_caller]
    pub fn uninit_slice<T>(&self, len: usize) -> &mut [MaybeUninit<T>] {
        or_fail!(self.try_uninit_slice(len))
    }

    /// Places for `len` elements that are written later.
    ///
    /// # Errors
    ///
    /// [`AllocError`] when memory or a budget is refused, or the size overflows.
    #[inline]
    pub fn try_uninit_slice<T>(&self, len: usize) -> Result<&mut [MaybeUninit<T>], AllocError> {
        let start = init::room::<MaybeUninit<T>>(self.core(), len)?;
        // SAFETY: F4: fresh room for `len` elements that claim no value. F2: it lives as long as the borrow.
        Ok(unsafe { NonNull::slice_from_raw_parts(start, len).as_mut() })
    }

    /// Moves `value` into the frame, at a multiple of `ALIGN` bytes (a power of two).
    #[inline]
    #[track_caller]
    pub fn alloc_aligned<const ALIGN: usize, T>(&self, value: T) -> &mut T {
        let () = NoDestructor::<T>::CHECK;
        const { assert!(ALIGN.is_power_of_two(), "an alignment is a power of two") };
        let layout = or_fail!(Layout::new::<T>().align_to(ALIGN).map_err(|_| AllocError::overflow::<T>(1)));
        let place = room_for(self.core(), layout).cast::<T>();
        // SAFETY: F4: the place is fresh, fits and is aligned. F2: it lives as long as the borrow of the frame.
        unsafe {
            place.write(value);
            &mut *place.as_ptr()
        }
    }

    /// Bytes of any layout, uninitialised.
    ///
    /// # Errors
    ///
    /// [`AllocError`] when memory or a budget is refused.
    pub fn try_alloc_layout(&self, layout: Layout) -> Result<&mut [MaybeUninit<u8>], AllocError> {
        let start = request(self.core(), layout)?.cast::<MaybeUninit<u8>>();
        // SAFETY: F4: fresh room of this layout that claims no value. F2: it lives as long as the borrow.
        Ok(unsafe { NonNull::slice_from_raw_parts(start, layout.size()).as_mut() })
    }

    /// Bytes of any layout, uninitialised.
    #[inline(always)]
    #[track_caller]
    pub fn alloc_layout(&self, layout: Layout) -> &mut [MaybeUninit<u8>] {
        let start = room_for(self.core(), layout).cast::<MaybeUninit<u8>>();
        // SAFETY: F4: fresh room of this layout that claims no value. F2: it lives as long as the borrow.
        unsafe { NonNull::slice_from_raw_parts(start, layout.size()).as_mut() }
    }

    /// A slice of `len` elements, each made by `make`, in one pass over the memory.
    #[inline(always)]
    #[track_caller]
    pub fn slice_from_fn<T>(&self, len: usize, make: impl FnMut(usize) -> T) -> &mut [T] {
        let () = NoDestructor::<T>::CHECK;
        or_fail!(self.place_slice(len, make))
    }

    /// A slice of `len` elements, each made by `make`, in one pass over the memory.
    ///
    /// # Errors
    ///
    /// [`AllocError`] when memory or a budget is refused, or the size overflows.
    #[inline(always)]
    pub fn try_slice_from_fn<T>(
        &self,
        len: usize,
        make: impl FnMut(usize) -> T,
    ) -> Result<&mut [T], AllocError> {
        let () = NoDestructor::<T>::CHECK;
        self.place_slice(len, make)
    }

    /// [`Frame::place`] for slices.
    #[inline(always)]
    fn place_slice<T>(&self, len: usize, make: impl FnMut(usize) -> T) -> Result<&mut [T], AllocError> {
        // SAFETY: F2: the elements are initialised, fresh, and live as long as the borrow of the frame.
        Ok(unsafe { init::fill(self.core(), len, make)?.as_mut() })
    }

    /// The elements of an iterator that knows its length.
    #[track_caller]
    pub fn slice_from_iter<T, I>(&self, items: I) -> &mut [T]
    where
        I: IntoIterator<Item = T>,
        I::IntoIter: ExactSizeIterator,
    {
        let () = NoDestructor::<T>::CHECK;
        let mut slice = or_fail!(init::collect(self.core(), items.into_iter()));
        // SAFETY: F2: the elements are initialised, fresh, and live as long as the borrow of the frame.
        unsafe { slice.as_mut() }
    }

    /// A copy of `source`.
    #[inline]
    #[track_caller]
    pub fn slice_copy<T: Copy>(&self, source: &[T]) -> &mut [T] {
        or_fail!(self.try_slice_copy(source))
    }

    /// A copy of `source`.
    ///
    /// # Errors
    ///
    /// [`AllocError`] when memory or a budget is refused.
    #[inline]
    pub fn try_slice_copy<T: Copy>(&self, source: &[T]) -> Result<&mut [T], AllocError> {
        // SAFETY: F2: the elements are initialised, fresh, and live as long as the borrow of the frame.
        Ok(unsafe { init::copy(self.core(), source)?.as_mut() })
    }

    /// A copy of `text`.
    #[inline]
    #[track_caller]
    pub fn str(&self, text: &str) -> &mut str {
        // SAFETY: U1: the bytes are a copy of a `str`.
        unsafe { core::str::from_utf8_unchecked_mut(self.slice_copy(text.as_bytes())) }
    }

    /// Formatted text: `frame.format(format_args!("{x} of {y}"))`.
    pub fn format(&self, arguments: fmt::Arguments<'_>) -> &mut str {
        let mut text = self.string();
        text.write_fmt(arguments)
            .expect("a formatting trait returned an error without an error from the string");
        let (start, _) = text.into_boxed_str().into_parts();
        // SAFETY: F2: the text has no other owner and lives as long as the borrow of the frame.
        unsafe { &mut *start.as_ptr() }
    }

    /// Moves `value` into the frame and owns it: its destructor runs when the box is dropped.
    #[inline(always)]
    #[track_caller]
    pub fn boxed<T>(&self, value: T) -> FrameBox<'_, T> {
        or_fail!(self.try_boxed(value))
    }

    /// Moves `value` into the frame and owns it.
    ///
    /// # Errors
    ///
    /// [`AllocError`] when memory or a budget is refused; `value` is dropped then.
    #[inline(always)]
    pub fn try_boxed<T>(&self, value: T) -> Result<FrameBox<'_, T>, AllocError> {
        self.frame_ref().boxed(value)
    }

    /// A boxed slice of `len` elements, each made by `make`.
    #[track_caller]
    pub fn boxed_slice_from_fn<T>(&self, len: usize, make: impl FnMut(usize) -> T) -> FrameBox<'_, [T]> {
        or_fail!(self.frame_ref().boxed_slice(len, make))
    }

    /// A boxed slice of `len` default values.
    #[track_caller]
    pub fn slice_default<T: Default>(&self, len: usize) -> FrameBox<'_, [T]> {
        self.boxed_slice_from_fn(len, |_| T::default())
    }

    /// An empty vector. Allocates nothing.
    #[inline]
    pub fn vec<T>(&self) -> FrameVec<'_, T> {
        FrameVec::new_in(self.frame_ref())
    }

    /// An empty vector with room for `capacity` elements.
    #[inline]
    #[track_caller]
    pub fn vec_with_capacity<T>(&self, capacity: usize) -> FrameVec<'_, T> {
        FrameVec::with_capacity_in(capacity, self.frame_ref())
    }

    /// An empty map. Allocates nothing.
    #[inline]
    pub fn map<K, V>(&self) -> FrameMap<'_, K, V> {
        FrameMap::new_in(self.frame_ref())
    }

    /// An empty map with room for `capacity` entries.
    #[track_caller]
    pub fn map_with_capacity<K: Eq + Hash, V>(&self, capacity: usize) -> FrameMap<'_, K, V> {
        self.map().reserved(capacity)
    }

    /// An empty set. Allocates nothing.
    #[inline]
    pub fn set<K>(&self) -> FrameSet<'_, K> {
        FrameSet::new_in(self.frame_ref())
    }

    /// An empty set with room for `capacity` keys.
    #[track_caller]
    pub fn set_with_capacity<K: Eq + Hash>(&self, capacity: usize) -> FrameSet<'_, K> {
        self.set().reserved(capacity)
    }

    /// An empty string. Allocates nothing.
    #[inline]
    pub fn string(&self) -> FrameString<'_> {
        FrameString::new_in(self.frame_ref())
    }

    /// An empty string with room for `capacity` bytes.
    #[track_caller]
    pub fn string_with_capacity(&self, capacity: usize) -> FrameString<'_> {
        or_fail!(FrameString::try_with_capacity_in(capacity, self.frame_ref()))
    }

    /// Bytes handed out by this frame so far, padding included, less what was given back.
    pub fn bytes_used(&self) -> u64 {
        self.core().charged.get() + self.core().unsettled()
    }

    /// Allocations made in this frame so far.
    pub fn allocation_count(&self) -> u64 {
        self.core().allocs.get()
    }
}

impl Drop for Frame {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: F2: the frame is being dropped, so no borrow of it exists. F3, F5: it is on its thread, and its owner
        // is alive.
        unsafe { self.core().owner.get().as_ref().close_scoped(self.core.0) };
    }
}

impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Frame")
            .field("bytes_used", &self.bytes_used())
            .field("allocation_count", &self.allocation_count())
            .finish()
    }
}
