//! Boxes over memory that is not initialised yet.

#![expect(unsafe_code, reason = "asserts initialisation after writing")]

use core::alloc::Layout;
use core::mem::MaybeUninit;
use core::ptr::NonNull;

use super::boxed::FrameBox;
use super::init;
use super::reference::FrameRef;
use crate::error::AllocError;

impl<'f, T> FrameBox<'f, MaybeUninit<T>> {
    /// Writes the value and returns the box of it.
    #[inline]
    pub fn write(mut self, value: T) -> FrameBox<'f, T> {
        MaybeUninit::write(&mut *self, value);
        // SAFETY: what is asked of the caller holds: the value was written in the line above.
        unsafe { self.assume_init() }
    }

    /// The box of the value.
    ///
    /// # Safety
    ///
    /// The value has been initialised.
    #[inline]
    pub unsafe fn assume_init(self) -> FrameBox<'f, T> {
        let (place, frame) = self.into_parts();
        // SAFETY: F2: the box owned the place, and by the caller it holds a `T`.
        unsafe { FrameBox::from_parts(place.cast(), frame) }
    }
}

impl<'f, T> FrameBox<'f, [MaybeUninit<T>]> {
    /// Writes every element, in order, and returns the boxed slice. Elements made before a panic are leaked, not
    /// dropped, as with `MaybeUninit`.
    #[inline]
    pub fn write_with(mut self, mut make: impl FnMut(usize) -> T) -> FrameBox<'f, [T]> {
        for (index, place) in self.iter_mut().enumerate() {
            place.write(make(index));
        }
        // SAFETY: what is asked of the caller holds: the loop wrote every element.
        unsafe { self.assume_init() }
    }

    /// The boxed slice of the values.
    ///
    /// # Safety
    ///
    /// Every element has been initialised.
    #[inline]
    pub unsafe fn assume_init(self) -> FrameBox<'f, [T]> {
        let (places, frame) = self.into_parts();
        let values = NonNull::slice_from_raw_parts(places.cast::<T>(), places.len());
        // SAFETY: F2: the box owned the places, and by the caller each holds a `T`.
        unsafe { FrameBox::from_parts(values, frame) }
    }
}

/// Bytes of a cache line: what a batch of eight starts on.
const CACHE_LINE: usize = 64;

impl<'f> FrameRef<'f> {
    /// A box for `len` elements that are written later.
    #[inline(always)]
    pub(crate) fn uninit_slice<T>(self, len: usize) -> Result<FrameBox<'f, [MaybeUninit<T>]>, AllocError> {
        let start = init::room::<MaybeUninit<T>>(self.core(), len)?;
        // SAFETY: F4: the room has place for `len` elements; no value is claimed.
        Ok(unsafe { FrameBox::from_parts(NonNull::slice_from_raw_parts(start, len), self) })
    }

    /// A box for the bytes of `layout`.
    pub(crate) fn uninit_layout(self, layout: Layout) -> Result<FrameBox<'f, [MaybeUninit<u8>]>, AllocError> {
        let start = self.request(layout)?.cast::<MaybeUninit<u8>>();
        // SAFETY: F4: fresh bytes of the layout's size; no value is claimed.
        Ok(unsafe { FrameBox::from_parts(NonNull::slice_from_raw_parts(start, layout.size()), self) })
    }

    /// `N` boxes from one bump, side by side; from eight on they start on a cache line.
    #[inline(always)]
    pub(crate) fn uninit_array<T, const N: usize>(
        self,
    ) -> Result<[FrameBox<'f, MaybeUninit<T>>; N], AllocError> {
        let align = if N >= 8 { CACHE_LINE.max(align_of::<T>()) } else { align_of::<T>() };
        let layout = Layout::new::<[T; N]>().align_to(align).map_err(|_| AllocError::overflow::<T>(N))?;
        let start = self.request(layout)?.cast::<MaybeUninit<T>>();
        Ok(core::array::from_fn(|index| {
            // SAFETY: F4: the room has place for `N` elements, each of which gets one owner; no value is claimed.
            unsafe { FrameBox::from_parts(start.add(index), self.clone()) }
        }))
    }
}
