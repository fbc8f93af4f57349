//! The box in scratch memory.

#![expect(unsafe_code, reason = "owns a value behind a raw pointer")]

use core::fmt;
use core::marker::PhantomData;
use core::mem::ManuallyDrop;
use core::ops::{Deref, DerefMut};
use core::ptr::{self, NonNull};

use super::pool::ScratchPool;

/// Owns a `T` in a [`ScratchPool`]. `Send` and `Sync` as `T` is; may be dropped on any thread.
pub struct ScratchBox<T> {
    value: NonNull<T>,
    pool: ScratchPool,
    owns: PhantomData<T>,
}

// SAFETY: S2: the box owns its value, and its count is atomic.
unsafe impl<T: Send> Send for ScratchBox<T> {}
// SAFETY: S2: a shared box lends `&T` only.
unsafe impl<T: Sync> Sync for ScratchBox<T> {}

impl<T> ScratchBox<T> {
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

    /// Moves the value out.
    pub fn into_inner(self) -> T {
        let (value, pool) = self.into_parts();
        // SAFETY: S2: the box owned the value; its count is released after the move.
        let inner = unsafe { value.read() };
        pool.release();
        inner
    }
}

impl<T> Drop for ScratchBox<T> {
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

impl<T> Deref for ScratchBox<T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: S2: the box owns an initialised value.
        unsafe { self.value.as_ref() }
    }
}

impl<T> DerefMut for ScratchBox<T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: S2: the box owns an initialised value and is borrowed mutably.
        unsafe { self.value.as_mut() }
    }
}

impl<T: fmt::Debug> fmt::Debug for ScratchBox<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
