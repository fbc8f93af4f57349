//! Ambient frames: for engines whose frame is not one lexical scope.

#![expect(unsafe_code, reason = "counts handles of the ambient core")]

use core::alloc::Layout;
use core::hash::Hash;
use core::mem::MaybeUninit;
use core::panic::Location;
use core::ptr::NonNull;

use super::promotion::PromotionResult;
use super::smart_alloc::SmartAlloc;
use super::thread::ThreadHeap;
use crate::error::AllocError;
use crate::frame::or_fail;
use crate::frame::{BoundedMap, BoundedVec, FrameBox, FrameMap, FrameRef, FrameSet, FrameString, FrameVec};
use crate::raw::core::Core;
use crate::raw::tls;
use crate::retention::FrameSummary;
use crate::threads::Moment;

impl SmartAlloc {
    /// Begins a frame on this thread.
    ///
    /// The first thread that calls this drives the frame number: its outermost `begin_frame` advances it and starts the
    /// phases' figures afresh. On other threads it concerns their own frame only. A nested call is reported (FA003) and
    /// needs its own `end_frame`.
    ///
    /// Destructors that were deferred to here run next, see [`SmartAlloc::configure_deferred`].
    ///
    /// # Panics
    ///
    /// When there is no memory for the frame's first chunk. With the panic of a deferred destructor, in a frame that has
    /// begun.
    #[inline(always)]
    #[track_caller]
    pub fn begin_frame(&self) {
        let heap = self.heap();
        if !heap.begin_quickly() {
            self.begin_frame_with_work(Location::caller());
        }
    }

    /// [`SmartAlloc::begin_frame`] where something is to be told or to run.
    #[inline(never)]
    #[track_caller]
    fn begin_frame_with_work(&self, location: &'static Location<'static>) {
        let heap = self.heap();
        or_fail!(heap.begin(location));
        if heap.is_due(Moment::Begin) {
            self.run_deferred_work();
        }
    }

    /// Ends the frame of this thread: its memory is recycled once no handle is alive.
    ///
    /// Handles that are alive keep the memory until they drop, which is reported (FA601). Retained values are promoted;
    /// [`SmartAlloc::take_promotions`] hands them out. Destructors that were deferred to here run first, see
    /// [`SmartAlloc::configure_deferred`].
    ///
    /// # Panics
    ///
    /// With the panic of a deferred destructor or of a retained value's, when the frame has ended.
    #[inline(always)]
    #[track_caller]
    pub fn end_frame(&self) {
        let heap = self.heap();
        if !heap.end_quickly() {
            self.end_with_work(heap, Location::caller());
        }
    }

    /// [`SmartAlloc::end_frame`], and what it did with retained values. The values stay to be taken.
    #[track_caller]
    pub fn end_frame_with_summary(&self) -> FrameSummary {
        let number = self.frame_number();
        self.end_with_work(self.heap(), Location::caller());
        self.shared.promotions.take_summary(number)
    }

    /// [`SmartAlloc::end_frame`], and the values that were promoted since the last time they were taken, by frames of
    /// every thread.
    #[track_caller]
    pub fn end_frame_with_promotions(&self) -> PromotionResult {
        let number = self.frame_number();
        self.end_with_work(self.heap(), Location::caller());
        self.shared.promotions.take(number)
    }

    /// [`SmartAlloc::end_frame`] where something is to be settled or to run.
    #[inline(always)]
    fn end_with_work(&self, heap: &ThreadHeap, location: &'static Location<'static>) {
        if heap.is_due(Moment::End) {
            self.end_frame_after_deferred_work(location);
        } else {
            heap.end(location);
        }
    }

    /// The values that were promoted since the last time they were taken.
    pub fn take_promotions(&self) -> PromotionResult {
        self.shared.promotions.take(self.frame_number())
    }

    /// The number of the frame: 0 before the first, then 1 and upwards.
    #[inline]
    pub fn frame_number(&self) -> u64 {
        self.shared.clock.number()
    }

    /// Whether the driving thread is between `begin_frame` and `end_frame`.
    pub fn is_frame_active(&self) -> bool {
        self.shared.clock.is_active()
    }

    /// A counted reference to the ambient frame of this thread, which is opened if there is none.
    ///
    /// # Errors
    ///
    /// [`AllocError::OutOfMemory`] when there is no memory for its first chunk.
    #[track_caller]
    pub fn try_frame_ref(&self) -> Result<FrameRef<'_>, AllocError> {
        let core = self.heap().ambient_core(Location::caller())?;
        // SAFETY: F2: an ambient core that is open; it belongs to this thread. The handle borrows the allocator and
        // counts.
        Ok(unsafe { FrameRef::new(core) })
    }

    /// A counted reference to the ambient frame of this thread, which is opened if there is none.
    #[track_caller]
    pub fn frame_ref(&self) -> FrameRef<'_> {
        or_fail!(self.try_frame_ref())
    }

    /// Moves `value` into the ambient frame.
    ///
    /// Cost: a bump, a comparison and two counters.
    ///
    /// # Panics
    ///
    /// When memory or a budget is refused.
    #[inline(always)]
    #[track_caller]
    pub fn frame_box<T>(&self, value: T) -> FrameBox<'_, T> {
        or_fail!(self.try_frame_box(value))
    }

    /// Moves `value` into the ambient frame.
    ///
    /// # Errors
    ///
    /// [`AllocError`] when memory or a budget is refused; `value` is dropped then.
    #[inline(always)]
    #[track_caller]
    pub fn try_frame_box<T>(&self, value: T) -> Result<FrameBox<'_, T>, AllocError> {
        let (place, frame) = match self.bump_ambient::<T>() {
            // SAFETY: F2: the core is open and of this thread.
            Some((place, core)) => (place, unsafe { FrameRef::new(core) }),
            None => self.ambient_place::<T>()?,
        };
        // SAFETY: F2, F4: the place is fresh and fits, the box is its owner.
        Ok(unsafe {
            place.write(value);
            FrameBox::from_parts(place, frame)
        })
    }

    /// A place in the ambient frame that this thread used last, if it has room.
    #[inline(always)]
    fn bump_ambient<T>(&self) -> Option<(NonNull<T>, NonNull<Core>)> {
        if size_of::<T>() == 0 || !tls::is_current(self.shared.id) {
            return None;
        }
        // SAFETY: F3: the allocator is current.
        let core = unsafe { tls::current_core() };
        // SAFETY: F3: it is the top ambient core of this thread, or the vacant one, which has no room.
        Some((unsafe { core.as_ref() }.bump::<T>()?, core))
    }

    #[cold]
    #[inline(never)]
    #[track_caller]
    fn ambient_place<T>(&self) -> Result<(NonNull<T>, FrameRef<'_>), AllocError> {
        // Counts before it asks: a sink that is told on the way may end the frame (F7).
        let frame = self.try_frame_ref()?;
        Ok((frame.request_for::<T>()?, frame))
    }

    /// A default value in the ambient frame.
    #[track_caller]
    pub fn frame_box_default<T: Default>(&self) -> FrameBox<'_, T> {
        self.frame_box(T::default())
    }

    /// A slice of `len` default values in the ambient frame.
    #[track_caller]
    pub fn frame_slice<T: Default>(&self, len: usize) -> FrameBox<'_, [T]> {
        or_fail!(self.try_frame_slice(len))
    }

    /// A slice of `len` default values in the ambient frame.
    ///
    /// # Errors
    ///
    /// [`AllocError`] when memory or a budget is refused, or the size overflows.
    #[track_caller]
    pub fn try_frame_slice<T: Default>(&self, len: usize) -> Result<FrameBox<'_, [T]>, AllocError> {
        self.try_frame_ref()?.boxed_slice(len, |_| T::default())
    }

    /// A slice of `len` elements in the ambient frame, each made by `make`.
    #[track_caller]
    pub fn frame_slice_from_fn<T>(&self, len: usize, make: impl FnMut(usize) -> T) -> FrameBox<'_, [T]> {
        or_fail!(self.frame_ref().boxed_slice(len, make))
    }

    /// An empty vector in the ambient frame.
    #[track_caller]
    pub fn frame_vec<T>(&self) -> FrameVec<'_, T> {
        FrameVec::new_in(self.frame_ref())
    }

    /// An empty vector with room for `capacity` elements.
    #[track_caller]
    pub fn frame_vec_with_capacity<T>(&self, capacity: usize) -> FrameVec<'_, T> {
        or_fail!(self.try_frame_vec_with_capacity(capacity))
    }

    /// An empty vector with room for `capacity` elements.
    ///
    /// # Errors
    ///
    /// [`AllocError`] when memory or a budget is refused, or the size overflows.
    #[track_caller]
    pub fn try_frame_vec_with_capacity<T>(&self, capacity: usize) -> Result<FrameVec<'_, T>, AllocError> {
        FrameVec::try_with_capacity_in(capacity, self.try_frame_ref()?)
    }

    /// A vector that never holds more than `bound` elements.
    #[track_caller]
    pub fn frame_vec_bounded<T>(&self, bound: usize) -> BoundedVec<'_, T> {
        or_fail!(self.try_frame_vec_bounded(bound))
    }

    /// A vector that never holds more than `bound` elements.
    ///
    /// # Errors
    ///
    /// [`AllocError`] when memory or a budget is refused, or the size overflows.
    #[track_caller]
    pub fn try_frame_vec_bounded<T>(&self, bound: usize) -> Result<BoundedVec<'_, T>, AllocError> {
        BoundedVec::try_new_in(bound, self.try_frame_ref()?)
    }

    /// An empty map in the ambient frame.
    #[track_caller]
    pub fn frame_map<K, V>(&self) -> FrameMap<'_, K, V> {
        FrameMap::new_in(self.frame_ref())
    }

    /// A map that never holds more than `bound` entries.
    #[track_caller]
    pub fn frame_map_bounded<K: Eq + Hash, V>(&self, bound: usize) -> BoundedMap<'_, K, V> {
        or_fail!(self.try_frame_map_bounded(bound))
    }

    /// A map that never holds more than `bound` entries.
    ///
    /// # Errors
    ///
    /// [`AllocError`] when memory or a budget is refused, or the size overflows.
    #[track_caller]
    pub fn try_frame_map_bounded<K: Eq + Hash, V>(
        &self,
        bound: usize,
    ) -> Result<BoundedMap<'_, K, V>, AllocError> {
        BoundedMap::try_new_in(bound, self.try_frame_ref()?)
    }

    /// An empty set in the ambient frame.
    #[track_caller]
    pub fn frame_set<K>(&self) -> FrameSet<'_, K> {
        FrameSet::new_in(self.frame_ref())
    }

    /// An empty string in the ambient frame.
    #[track_caller]
    pub fn frame_string(&self) -> FrameString<'_> {
        FrameString::new_in(self.frame_ref())
    }

    /// A place for a `T` that is written later.
    #[inline]
    #[track_caller]
    pub fn frame_alloc<T>(&self) -> FrameBox<'_, MaybeUninit<T>> {
        or_fail!(self.try_frame_alloc())
    }

    /// A place for a `T` that is written later.
    ///
    /// # Errors
    ///
    /// [`AllocError`] when memory or a budget is refused.
    #[inline]
    #[track_caller]
    pub fn try_frame_alloc<T>(&self) -> Result<FrameBox<'_, MaybeUninit<T>>, AllocError> {
        self.try_frame_box(MaybeUninit::uninit())
    }

    /// Places for `count` values that are written later.
    #[inline]
    #[track_caller]
    pub fn frame_alloc_batch<T>(&self, count: usize) -> FrameBox<'_, [MaybeUninit<T>]> {
        or_fail!(self.try_frame_alloc_batch(count))
    }

    /// Places for `count` values that are written later.
    ///
    /// # Errors
    ///
    /// [`AllocError`] when memory or a budget is refused, or the size overflows.
    #[inline]
    #[track_caller]
    pub fn try_frame_alloc_batch<T>(
        &self,
        count: usize,
    ) -> Result<FrameBox<'_, [MaybeUninit<T>]>, AllocError> {
        self.try_frame_ref()?.uninit_slice(count)
    }

    /// Two places side by side, from one bump.
    #[track_caller]
    pub fn frame_alloc_2<T>(&self) -> [FrameBox<'_, MaybeUninit<T>>; 2] {
        or_fail!(self.frame_ref().uninit_array())
    }

    /// Four places side by side, from one bump.
    #[track_caller]
    pub fn frame_alloc_4<T>(&self) -> [FrameBox<'_, MaybeUninit<T>>; 4] {
        or_fail!(self.frame_ref().uninit_array())
    }

    /// Eight places side by side, from one bump, starting on a cache line of 64 bytes.
    #[track_caller]
    pub fn frame_alloc_8<T>(&self) -> [FrameBox<'_, MaybeUninit<T>>; 8] {
        or_fail!(self.frame_ref().uninit_array())
    }

    /// Moves an array into the ambient frame.
    #[inline]
    #[track_caller]
    pub fn frame_array<T, const N: usize>(&self, values: [T; N]) -> FrameBox<'_, [T; N]> {
        self.frame_box(values)
    }

    /// Bytes of any layout in the ambient frame, uninitialised, aligned as the layout says.
    ///
    /// # Errors
    ///
    /// [`AllocError`] when memory or a budget is refused.
    #[track_caller]
    pub fn try_frame_layout(&self, layout: Layout) -> Result<FrameBox<'_, [MaybeUninit<u8>]>, AllocError> {
        self.try_frame_ref()?.uninit_layout(layout)
    }
}
