//! Filling frame memory in one pass.

#![expect(unsafe_code, reason = "writes elements into uninitialised memory")]

use core::alloc::Layout;
use core::ptr::{self, NonNull};

use super::boxed::FrameBox;
use super::reference::{FrameRef, dangling};
use crate::error::AllocError;
use crate::raw::core::Core;
use crate::raw::fill::Filled;

/// Room for `len` elements of `T` in `core`.
#[inline(always)]
pub(crate) fn room<T>(core: &Core, len: usize) -> Result<NonNull<T>, AllocError> {
    let layout = Layout::array::<T>(len).map_err(|_| AllocError::overflow::<T>(len))?;
    if layout.size() == 0 {
        return Ok(dangling(layout.align()).cast());
    }
    core.allocate(layout).map(NonNull::cast)
}

/// A slice of `len` elements in `core`, each made by `make`, in order. Elements made before a panic are dropped.
#[inline(always)]
pub(crate) fn fill<T>(
    core: &Core,
    len: usize,
    mut make: impl FnMut(usize) -> T,
) -> Result<NonNull<[T]>, AllocError> {
    let start = room::<T>(core, len)?.as_ptr();
    let mut filled = Filled { start, len: 0 };
    for index in 0..len {
        let value = make(index);
        // SAFETY: F4: `room` has place for `len` elements.
        unsafe { start.add(index).write(value) };
        filled.len = index + 1;
    }
    core::mem::forget(filled);
    // SAFETY: F4: `room` returns no null pointer.
    Ok(unsafe { NonNull::new_unchecked(ptr::slice_from_raw_parts_mut(start, len)) })
}

/// The elements of `iter` in `core`. An iterator that yields fewer than it announced gives a shorter slice; what it
/// yields beyond is not asked for.
#[inline]
pub(crate) fn collect<T>(
    core: &Core,
    mut iter: impl ExactSizeIterator<Item = T>,
) -> Result<NonNull<[T]>, AllocError> {
    let announced = iter.len();
    let start = room::<T>(core, announced)?.as_ptr();
    let mut filled = Filled { start, len: 0 };
    while filled.len < announced {
        let Some(value) = iter.next() else { break };
        // SAFETY: F4: `room` has place for `announced` elements.
        unsafe { start.add(filled.len).write(value) };
        filled.len += 1;
    }
    let len = filled.len;
    core::mem::forget(filled);
    // SAFETY: F4: `room` returns no null pointer.
    Ok(unsafe { NonNull::new_unchecked(ptr::slice_from_raw_parts_mut(start, len)) })
}

/// A copy of `source` in `core`.
#[inline]
pub(crate) fn copy<T: Copy>(core: &Core, source: &[T]) -> Result<NonNull<[T]>, AllocError> {
    let start = room::<T>(core, source.len())?.as_ptr();
    // SAFETY: F4: `room` has place for as many elements, in memory that nobody else reaches.
    unsafe { ptr::copy_nonoverlapping(source.as_ptr(), start, source.len()) };
    // SAFETY: F4: `room` returns no null pointer.
    Ok(unsafe { NonNull::new_unchecked(ptr::slice_from_raw_parts_mut(start, source.len())) })
}

impl<'f> FrameRef<'f> {
    /// A box of `value`.
    #[inline(always)]
    pub(crate) fn boxed<T>(self, value: T) -> Result<FrameBox<'f, T>, AllocError> {
        let place = self.request_for::<T>()?;
        // SAFETY: F4: the place is fresh and fits a `T`; the box becomes its only owner.
        Ok(unsafe {
            place.write(value);
            FrameBox::from_parts(place, self)
        })
    }

    /// A boxed slice made by `make`.
    #[inline(always)]
    pub(crate) fn boxed_slice<T>(
        self,
        len: usize,
        make: impl FnMut(usize) -> T,
    ) -> Result<FrameBox<'f, [T]>, AllocError> {
        let slice = fill(self.core(), len, make)?;
        // SAFETY: F2: `fill` initialised every element, and the box becomes their only owner.
        Ok(unsafe { FrameBox::from_parts(slice, self) })
    }
}
