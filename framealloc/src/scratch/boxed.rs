//! The box in scratch memory.

#![expect(unsafe_code, reason = "owns a value behind a raw pointer")]

use core::marker::PhantomData;
use core::mem::{ManuallyDrop, MaybeUninit};
use core::ops::{Deref, DerefMut};
use core::ptr::{self, NonNull};

use super::pool::ScratchPool;
use crate::raw::box_traits::box_traits;

/// Owns a `T` in a [`ScratchPool`]. `Send` and `Sync` as `T` is; may be dropped on any thread.
pub struct ScratchBox<T: ?Sized> {
    value: NonNull<T>,
    pool: ScratchPool,
    owns: PhantomData<T>,
}

// SAFETY: S2: the box owns its value, and its count is atomic.
unsafe impl<T: ?Sized + Send> Send for ScratchBox<T> {}
// SAFETY: S2: a shared box lends `&T` only.
unsafe impl<T: ?Sized + Sync> Sync for ScratchBox<T> {}

impl<T: ?Sized> ScratchBox<T> {
    /// # Safety
    ///
    /// `value` is an initialised `T` in memory of `pool` that nobody else owns, and was counted as one box.
    pub(crate) unsafe fn from_parts(value: NonNull<T>, pool: ScratchPool) -> Self {
        Self { value, pool, owns: PhantomData }
    }

    pub(crate) fn into_parts(self) -> (NonNull<T>, ScratchPool) {
        let this = ManuallyDrop::new(self);
        // SAFETY: S2: `this` is not used again, so the pool is moved out once.
        (this.value, unsafe { ptr::read(&this.pool) })
    }

    /// The pool it is in.
    pub fn pool(&self) -> &ScratchPool {
        &self.pool
    }
}

impl<T> ScratchBox<T> {
    /// Moves the value out.
    pub fn into_inner(self) -> T {
        let (value, pool) = self.into_parts();
        // SAFETY: S2: the box owned the value; its count is released after the move.
        let inner = unsafe { value.read() };
        pool.release();
        inner
    }
}

impl<T> ScratchBox<MaybeUninit<T>> {
    /// Writes the value and makes this a box of it.
    pub fn write(mut self, value: T) -> ScratchBox<T> {
        MaybeUninit::write(&mut self, value);
        // SAFETY: what is asked of the caller holds: the value was written in the line above.
        unsafe { self.assume_init() }
    }

    /// Makes this a box of the value that was written into it.
    ///
    /// # Safety
    ///
    /// - The value is initialised.
    pub unsafe fn assume_init(self) -> ScratchBox<T> {
        let (value, pool) = self.into_parts();
        // SAFETY: S2: the parts are those of a box; the caller says that the value is valid.
        unsafe { ScratchBox::from_parts(value.cast(), pool) }
    }
}

impl<T> ScratchBox<[MaybeUninit<T>]> {
    /// Writes each element as `make` returns it, in order. When it panics, the elements made before are dropped.
    pub(super) fn fill(mut self, make: impl FnMut(usize) -> T) -> ScratchBox<[T]> {
        crate::raw::fill::fill(&mut self, make);
        let (values, pool) = self.into_parts();
        let values = NonNull::slice_from_raw_parts(values.cast::<T>(), values.len());
        // SAFETY: S2: the parts are those of a box, and `fill` has written every element.
        unsafe { ScratchBox::from_parts(values, pool) }
    }
}

impl<T: ?Sized> Drop for ScratchBox<T> {
    fn drop(&mut self) {
        struct Release<'p>(&'p ScratchPool);
        impl Drop for Release<'_> {
            fn drop(&mut self) {
                self.0.release();
            }
        }
        let _release = Release(&self.pool);
        // SAFETY: S2: the box owns the value; the count is released afterwards, also when the destructor panics.
        unsafe { ptr::drop_in_place(self.value.as_ptr()) };
    }
}

impl<T: ?Sized> Deref for ScratchBox<T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: S2: the box owns an initialised value.
        unsafe { self.value.as_ref() }
    }
}

impl<T: ?Sized> DerefMut for ScratchBox<T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: S2: the box owns an initialised value and is borrowed mutably.
        unsafe { self.value.as_mut() }
    }
}

box_traits!(ScratchBox);
