//! Filling uninitialised elements, of which none is lost when the closure panics.

#![expect(unsafe_code, reason = "drops the elements that were written")]

use core::mem::MaybeUninit;
use core::ptr;

/// The elements written so far; dropped when the closure panics.
pub(crate) struct Filled<T> {
    pub(crate) start: *mut T,
    pub(crate) len: usize,
}

impl<T> Drop for Filled<T> {
    fn drop(&mut self) {
        // SAFETY: F2: the first `len` elements are initialised and nobody else owns them.
        unsafe { ptr::drop_in_place(ptr::slice_from_raw_parts_mut(self.start, self.len)) };
    }
}

/// Writes each element of `place` as `make` returns it, in order. Elements made before a panic are dropped.
pub(crate) fn fill<T>(place: &mut [MaybeUninit<T>], mut make: impl FnMut(usize) -> T) {
    let start = place.as_mut_ptr().cast::<T>();
    let mut filled = Filled { start, len: 0 };
    for index in 0..place.len() {
        let value = make(index);
        // SAFETY: F4: the place has `len` elements, and is borrowed by this call alone.
        unsafe { start.add(index).write(value) };
        filled.len = index + 1;
    }
    core::mem::forget(filled);
}
