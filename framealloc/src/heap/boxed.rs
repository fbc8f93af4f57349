//! The owning pointer to a heap object.

use super::shared::free;
use crate::error::AllocError;
use crate::raw::box_traits::box_traits;
use core::alloc::Layout;
use core::marker::PhantomData;
use core::mem::{ManuallyDrop, MaybeUninit};
use core::ops::{Deref, DerefMut};
use core::ptr::{self, NonNull};

/// Owns a `T` in memory of the backend, as a `Box` does, and credits its tag when it is dropped.
///
/// It may be dropped on any thread and may outlive the allocator. It is `Send` and `Sync` as `T` is. The cost over the
/// backend's own is about 50 instructions for allocating and freeing together.
pub struct HeapBox<T: ?Sized> {
    /// The value; for a size that is not zero, a heap object (H1).
    ptr: NonNull<T>,
    _owns: PhantomData<T>,
}

// SAFETY: H1: the box owns its value as a `Box` does. H2: its memory may be freed on any thread.
unsafe impl<T: ?Sized + Send> Send for HeapBox<T> {}
// SAFETY: H1: a shared box lends nothing but `&T`, to a value that nobody else uses.
unsafe impl<T: ?Sized + Sync> Sync for HeapBox<T> {}

impl<T> HeapBox<T> {
    /// Moves `value` into the memory that `memory` finds for its layout; it is not called for a size of zero. On an error
    /// the value is dropped.
    ///
    /// # Safety
    ///
    /// - What `memory` returns is a fresh object of [`super::HeapShared::allocate`] for the layout it was asked for.
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
        // SAFETY: H1: the box owned the value and its memory; the value is moved out first.
        unsafe {
            let value = ptr.read();
            release(ptr.cast(), Layout::new::<T>());
            value
        }
    }
}

impl HeapBox<[u8]> {
    /// `len` zero bytes in the memory that `memory` finds for them; it is not called for none.
    ///
    /// # Errors
    ///
    /// That of `memory`, and [`AllocError::LayoutOverflow`] when the address space does not hold `len` bytes.
    ///
    /// # Safety
    ///
    /// - What `memory` returns is a fresh object of [`super::HeapShared::allocate`] for the layout it was asked for.
    pub(crate) unsafe fn try_zeroed(
        len: usize,
        memory: impl FnOnce(Layout) -> Result<NonNull<u8>, AllocError>,
    ) -> Result<Self, AllocError> {
        let layout = Layout::array::<u8>(len).map_err(|_| AllocError::overflow::<u8>(len))?;
        let ptr = if len == 0 { NonNull::dangling() } else { memory(layout)? };
        // SAFETY: the caller's promise: the memory has `len` bytes, and is the box's from here on.
        unsafe {
            ptr.write_bytes(0, len);
            Ok(Self::from_raw(NonNull::slice_from_raw_parts(ptr, len)))
        }
    }
}

impl<T: ?Sized> HeapBox<T> {
    /// Gives the value and its memory up as a pointer, which [`from_raw`](Self::from_raw) takes back. Without that both
    /// leak.
    #[inline]
    pub fn into_raw(self) -> NonNull<T> {
        ManuallyDrop::new(self).ptr
    }

    /// Makes a box of what [`into_raw`](Self::into_raw) returned. The pointer may have been unsized in between, which is
    /// how a `HeapBox<dyn Trait>` is made.
    ///
    /// # Safety
    ///
    /// - `ptr` came from [`into_raw`](Self::into_raw) of a heap box and was not taken back since; it was changed by
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
        // SAFETY: H1: the box owned the value and is gone, so nobody else uses it and nobody frees the block.
        unsafe { self.into_raw().as_mut() }
    }
}

impl<T> HeapBox<MaybeUninit<T>> {
    /// Writes the value and makes this a box of it.
    #[inline]
    pub fn write(mut self, value: T) -> HeapBox<T> {
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
    pub unsafe fn assume_init(self) -> HeapBox<T> {
        // SAFETY: `MaybeUninit<T>` and `T` have one layout; the caller says that the value is valid.
        unsafe { HeapBox::from_raw(self.into_raw().cast()) }
    }
}

/// Frees the memory of a value of the given layout.
///
/// # Safety
///
/// - If the size is not zero, `object` is a heap object for the layout, which the caller gives up.
#[inline]
unsafe fn release(object: NonNull<u8>, layout: Layout) {
    if layout.size() != 0 {
        // SAFETY: the caller's promise.
        unsafe { free(object, layout) };
    }
}

impl<T: ?Sized> Drop for HeapBox<T> {
    #[inline]
    fn drop(&mut self) {
        struct Release(NonNull<u8>, Layout);

        impl Drop for Release {
            #[inline]
            fn drop(&mut self) {
                // SAFETY: H1: the box owned the object, and its value has been dropped, or its destructor unwinds.
                unsafe { release(self.0, self.1) }
            }
        }

        let _release = Release(self.ptr.cast(), Layout::for_value::<T>(self));
        // SAFETY: H1: the box owns the value, which is dropped here once.
        unsafe { ptr::drop_in_place(self.ptr.as_ptr()) };
    }
}

impl<T: ?Sized> Deref for HeapBox<T> {
    type Target = T;

    #[inline(always)]
    fn deref(&self) -> &T {
        // SAFETY: H1: the box owns a valid value.
        unsafe { self.ptr.as_ref() }
    }
}

impl<T: ?Sized> DerefMut for HeapBox<T> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: H1: the box owns a valid value, and is borrowed alone.
        unsafe { self.ptr.as_mut() }
    }
}

box_traits!(HeapBox);
