//! Borrows of objects: while one lives, its object stays where it is.

use core::fmt;
use core::marker::PhantomData;
use core::ops::{Deref, DerefMut};
use core::ptr::NonNull;

use super::handle::{HandleError, ObjectHandle, ObjectId};
use super::heap::{HandleHeap, Held};

mod sealed {
    use core::ptr::NonNull;

    /// How the address and the size of an object make a pointer to it.
    pub trait Sealed {
        fn at(place: NonNull<u8>, size: usize) -> NonNull<Self>;
    }
}

use sealed::Sealed;

/// What a handle may name: any `T: Send + 'static`, and `[u8]`. Implemented for nothing else.
pub trait HandleTarget: Sealed + Send + 'static {}

impl<T: Send + 'static> Sealed for T {
    fn at(place: NonNull<u8>, _: usize) -> NonNull<T> {
        place.cast()
    }
}

impl Sealed for [u8] {
    fn at(place: NonNull<u8>, size: usize) -> NonNull<[u8]> {
        NonNull::slice_from_raw_parts(place, size)
    }
}

impl<T: Send + 'static> HandleTarget for T {}
impl HandleTarget for [u8] {}

/// Borrows an object: [`Handles::resolve`](crate::Handles::resolve).
///
/// The object is not moved or dropped while the guard lives, whatever happens to its handle.
pub struct HandleRef<'a, T: HandleTarget + ?Sized> {
    heap: &'a HandleHeap,
    held: Held<'a>,
    value: NonNull<T>,
}

/// Borrows an object mutably: [`Handles::resolve_mut`](crate::Handles::resolve_mut).
///
/// The object is not moved or dropped while the guard lives, whatever happens to its handle.
pub struct HandleMut<'a, T: HandleTarget + ?Sized> {
    heap: &'a HandleHeap,
    held: Held<'a>,
    value: NonNull<T>,
    invariant: PhantomData<&'a mut T>,
}

// SAFETY: C2: the guard lends `&T`. Dropped on another thread it may drop the object there, which is `Send`.
unsafe impl<T: HandleTarget + Sync + ?Sized> Send for HandleRef<'_, T> {}
// SAFETY: C2: a shared guard lends `&T`, nothing else.
unsafe impl<T: HandleTarget + Sync + ?Sized> Sync for HandleRef<'_, T> {}
// SAFETY: C2: the guard lends `&mut T` to an object that is `Send`.
unsafe impl<T: HandleTarget + ?Sized> Send for HandleMut<'_, T> {}
// SAFETY: C2: a shared guard lends `&T`, nothing else.
unsafe impl<T: HandleTarget + Sync + ?Sized> Sync for HandleMut<'_, T> {}

/// The handle of an object of this type.
///
/// # Safety
///
/// The object that `id` names is a `T`.
pub(crate) unsafe fn typed<T: HandleTarget + ?Sized>(id: ObjectId) -> ObjectHandle<T> {
    ObjectHandle::new(id)
}

impl HandleHeap {
    /// Borrows an object.
    pub(crate) fn resolve<T: HandleTarget + Sync + ?Sized>(
        &self,
        handle: ObjectHandle<T>,
    ) -> Result<HandleRef<'_, T>, HandleError> {
        let held = self.read(handle.id)?;
        let (place, size) = held.object();
        Ok(HandleRef { heap: self, held, value: T::at(place, size) })
    }

    /// Borrows an object mutably.
    pub(crate) fn resolve_mut<T: HandleTarget + ?Sized>(
        &self,
        handle: ObjectHandle<T>,
    ) -> Result<HandleMut<'_, T>, HandleError> {
        let held = self.write(handle.id)?;
        let (place, size) = held.object();
        Ok(HandleMut { heap: self, held, value: T::at(place, size), invariant: PhantomData })
    }

    /// Pins an object, and says where it stays.
    pub(crate) fn pin_typed<T: HandleTarget + ?Sized>(
        &self,
        handle: ObjectHandle<T>,
    ) -> Result<NonNull<T>, HandleError> {
        self.pin(handle.id).map(|(place, size)| T::at(place, size))
    }
}

impl<T: HandleTarget + ?Sized> Deref for HandleRef<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: C2: the guard counts as a reader of a valid object of this type.
        unsafe { self.value.as_ref() }
    }
}

impl<T: HandleTarget + ?Sized> Deref for HandleMut<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: C2: the guard is the one writer of a valid object of this type.
        unsafe { self.value.as_ref() }
    }
}

impl<T: HandleTarget + ?Sized> DerefMut for HandleMut<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: C2: the guard is the one writer of a valid object of this type, and is borrowed alone.
        unsafe { self.value.as_mut() }
    }
}

impl<T: HandleTarget + ?Sized> Drop for HandleRef<'_, T> {
    #[inline]
    fn drop(&mut self) {
        self.heap.end_read(self.held);
    }
}

impl<T: HandleTarget + ?Sized> Drop for HandleMut<'_, T> {
    #[inline]
    fn drop(&mut self) {
        self.heap.end_write(self.held);
    }
}

impl<T: HandleTarget + fmt::Debug + ?Sized> fmt::Debug for HandleRef<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: HandleTarget + fmt::Debug + ?Sized> fmt::Debug for HandleMut<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
