//! The owning pointer to a pool object.

use super::class::class_of;
use super::thread::free;
use crate::raw::box_traits::box_traits;
use core::alloc::Layout;
use core::marker::PhantomData;
use core::mem::{ManuallyDrop, MaybeUninit};
use core::ops::{Deref, DerefMut};
use core::ptr::{self, NonNull};

/// Owns a `T` in pool memory: one pointer, as a `Box` is.
///
/// Dropping it drops the value at once and keeps the memory for the next object of its size, on whichever thread that
/// happens. It may outlive the allocator it came from. It is `Send` and `Sync` as `T` is.
pub struct PoolBox<T: ?Sized> {
    /// The value; for a size that is not zero, an object of a pool (P1) for the value's layout.
    ptr: NonNull<T>,
    _owns: PhantomData<T>,
}

// SAFETY: P1: the box owns its value as a `Box` does. P5, P6: pool memory may be freed on any thread.
unsafe impl<T: ?Sized + Send> Send for PoolBox<T> {}
// SAFETY: P1: a shared box lends nothing but `&T`, to a value that nobody else uses.
unsafe impl<T: ?Sized + Sync> Sync for PoolBox<T> {}

impl<T> PoolBox<T> {
    /// Moves `value` into the memory that `memory` finds for its layout; it is not called for a size of zero. On an error
    /// the value is dropped.
    ///
    /// # Safety
    ///
    /// - What `memory` returns is a fresh object of a pool for the layout it was asked for.
    #[inline(always)]
    pub(crate) unsafe fn try_place<E>(
        value: T,
        memory: impl FnOnce(Layout) -> Result<NonNull<u8>, E>,
    ) -> Result<Self, E> {
        let ptr = match size_of::<T>() {
            0 => NonNull::dangling(),
            _ => memory(Layout::new::<T>())?.cast::<T>(),
        };
        // SAFETY: the caller's promise; for a size of zero any aligned pointer will do.
        unsafe {
            ptr.write(value);
            Ok(Self::from_raw(ptr))
        }
    }

    /// Moves the value out and frees the memory.
    #[inline]
    pub fn into_inner(self) -> T {
        let ptr = self.into_raw();
        // SAFETY: P1: the box owned the value and its memory; the value is moved out first.
        unsafe {
            let value = ptr.read();
            release(ptr.cast(), size_of::<T>(), align_of::<T>());
            value
        }
    }
}

impl<T: ?Sized> PoolBox<T> {
    /// Gives the value and its memory up as a pointer, which [`from_raw`](Self::from_raw) takes back. Without that both
    /// leak.
    #[inline]
    pub fn into_raw(self) -> NonNull<T> {
        ManuallyDrop::new(self).ptr
    }

    /// Makes a box of what [`into_raw`](Self::into_raw) returned. The pointer may have been unsized in between, which is
    /// how a `PoolBox<dyn Trait>` is made:
    ///
    /// ```text
    /// let raw: NonNull<dyn Trait> = boxed.into_raw();
    /// let boxed = unsafe { PoolBox::from_raw(raw) };
    /// ```
    ///
    /// # Safety
    ///
    /// - `ptr` came from [`into_raw`](Self::into_raw) of a pool box and was not taken back since; it was changed by
    ///   unsizing coercions, or by a cast between types of the same layout, at most.
    /// - The value it points to is a valid `T`.
    #[inline]
    pub unsafe fn from_raw(ptr: NonNull<T>) -> Self {
        Self { ptr, _owns: PhantomData }
    }

    /// Lends the value for ever; its memory is never freed.
    #[inline]
    pub fn leak<'a>(self) -> &'a mut T
    where
        T: 'a,
    {
        // SAFETY: the box owned the value and is gone, and a block that is outside keeps its page (P5).
        unsafe { self.into_raw().as_mut() }
    }
}

impl<T> PoolBox<MaybeUninit<T>> {
    /// Writes the value and makes this a box of it.
    #[inline]
    pub fn write(mut self, value: T) -> PoolBox<T> {
        MaybeUninit::write(&mut self, value);
        // SAFETY: what is asked of the caller holds: the value was written in the line above.
        unsafe { self.assume_init() }
    }

    /// Makes this a box of the value that was written into it.
    ///
    /// # Safety
    ///
    /// - The value is initialised.
    #[inline]
    pub unsafe fn assume_init(self) -> PoolBox<T> {
        // SAFETY: `MaybeUninit<T>` and `T` have one layout; the caller says that the value is valid.
        unsafe { PoolBox::from_raw(self.into_raw().cast()) }
    }
}

/// Frees the memory of a value of the given size and alignment.
///
/// # Safety
///
/// - If the size is not zero, `object` is a pool object of that layout, which the caller gives up.
#[inline(always)]
unsafe fn release(object: NonNull<u8>, size: usize, align: usize) {
    if size != 0 {
        // SAFETY: the caller's promise.
        unsafe { free(object, class_of(size, align)) };
    }
}

impl<T: ?Sized> Drop for PoolBox<T> {
    #[inline]
    fn drop(&mut self) {
        struct Release(NonNull<u8>, usize, usize);

        impl Drop for Release {
            #[inline(always)]
            fn drop(&mut self) {
                // SAFETY: P1: the box owned the object, and its value has been dropped, or its destructor unwinds.
                unsafe { release(self.0, self.1, self.2) }
            }
        }

        let value: &T = self;
        let _release = Release(self.ptr.cast(), size_of_val(value), align_of_val(value));
        // SAFETY: P1: the box owns the value, which is dropped here once.
        unsafe { ptr::drop_in_place(self.ptr.as_ptr()) };
    }
}

impl<T: ?Sized> Deref for PoolBox<T> {
    type Target = T;

    #[inline(always)]
    fn deref(&self) -> &T {
        // SAFETY: P1: the box owns a valid value.
        unsafe { self.ptr.as_ref() }
    }
}

impl<T: ?Sized> DerefMut for PoolBox<T> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: P1: the box owns a valid value, and is borrowed alone.
        unsafe { self.ptr.as_mut() }
    }
}

box_traits!(PoolBox);
