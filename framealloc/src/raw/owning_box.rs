//! What the boxes that own memory beyond a frame have in common: they differ in where the memory comes from.

#![allow(unsafe_code, reason = "a macro whose boxes own memory through a raw pointer")]

use core::mem::ManuallyDrop;
use core::ptr::NonNull;

/// An object that nobody has seen yet, without a value; freed when it is dropped.
pub(crate) struct Unseen {
    object: NonNull<u8>,
    free: unsafe fn(NonNull<u8>),
}

impl Unseen {
    /// # Safety
    ///
    /// - `object` is fresh and the caller's, and may be freed by `free`.
    pub(crate) unsafe fn new(object: NonNull<u8>, free: unsafe fn(NonNull<u8>)) -> Self {
        Self { object, free }
    }

    /// The object, which is the caller's now.
    pub(crate) fn take(self) -> NonNull<u8> {
        ManuallyDrop::new(self).object
    }
}

impl Drop for Unseen {
    fn drop(&mut self) {
        // SAFETY: by the caller of `new` the object is nobody else's.
        unsafe { (self.free)(self.object) };
    }
}

/// Implements a box over `NonNull<T>`, in the field `ptr`. `$free` is an `unsafe fn(NonNull<u8>, Layout)` that frees an
/// object of the box's allocator; it is not called for a size of zero.
macro_rules! owning_box {
    ($name:ident, $free:path) => {
        // SAFETY: O1 and O2: the box owns its value as a `Box` does. O3: its memory may be freed on any thread.
        unsafe impl<T: ?Sized + Send> Send for $name<T> {}
        // SAFETY: O1: a shared box lends nothing but `&T`, to a value that nobody else uses.
        unsafe impl<T: ?Sized + Sync> Sync for $name<T> {}

        impl<T> $name<T> {
            /// Moves `value` into the memory that `memory` finds for its layout; it is not called for a size of zero. On
            /// an error the value is dropped.
            ///
            /// # Safety
            ///
            /// - What `memory` returns is a fresh object of the box's allocator for the layout it was asked for.
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
                // SAFETY: O1 and O2: the box owned the value and its memory; the value is moved out first.
                unsafe {
                    let value = ptr.read();
                    Self::release(ptr.cast(), Layout::new::<T>());
                    value
                }
            }
        }

        impl<T: ?Sized> $name<T> {
            /// Gives the value and its memory up as a pointer, which [`from_raw`](Self::from_raw) takes back. Without
            /// that both leak.
            #[inline]
            pub fn into_raw(self) -> NonNull<T> {
                ManuallyDrop::new(self).ptr
            }

            /// Makes a box of what [`into_raw`](Self::into_raw) returned. The pointer may have been unsized in between,
            /// which is how a box of `dyn Trait` is made:
            ///
            /// ```text
            /// let raw: NonNull<dyn Trait> = boxed.into_raw();
            #[doc = concat!("let boxed = unsafe { ", stringify!($name), "::from_raw(raw) };")]
            /// ```
            ///
            /// # Safety
            ///
            /// - `ptr` came from [`into_raw`](Self::into_raw) of such a box and was not taken back since; it was changed
            ///   by unsizing coercions, or by a cast between types of the same layout, at most.
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
                // SAFETY: O1: the box owned the value and is gone, so nobody else uses it and nobody frees it. O3: its
                // memory stays.
                unsafe { self.into_raw().as_mut() }
            }

            /// Frees the memory of a value of the given layout.
            ///
            /// # Safety
            ///
            /// - If the size is not zero, `object` is an object of the box's allocator for the layout, which the caller
            ///   gives up.
            #[inline(always)]
            unsafe fn release(object: NonNull<u8>, layout: Layout) {
                if layout.size() != 0 {
                    // SAFETY: the caller's promise.
                    unsafe { $free(object, layout) };
                }
            }
        }

        impl<T> $name<MaybeUninit<T>> {
            /// Writes the value and makes this a box of it.
            #[inline]
            pub fn write(mut self, value: T) -> $name<T> {
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
            pub unsafe fn assume_init(self) -> $name<T> {
                // SAFETY: `MaybeUninit<T>` and `T` have one layout; the caller says that the value is valid.
                unsafe { $name::from_raw(self.into_raw().cast()) }
            }
        }

        impl<T: ?Sized> Drop for $name<T> {
            #[inline]
            fn drop(&mut self) {
                struct Release(NonNull<u8>, Layout);

                impl Drop for Release {
                    #[inline(always)]
                    fn drop(&mut self) {
                        // SAFETY: O1: the box owned the object, and its value has been dropped, or its destructor
                        // unwinds.
                        unsafe { $name::<()>::release(self.0, self.1) }
                    }
                }

                let _release = Release(self.ptr.cast(), Layout::for_value::<T>(self));
                // SAFETY: O2: the box owns the value, which is dropped here once.
                unsafe { ptr::drop_in_place(self.ptr.as_ptr()) };
            }
        }

        impl<T: ?Sized> Deref for $name<T> {
            type Target = T;

            #[inline(always)]
            fn deref(&self) -> &T {
                // SAFETY: O2: the box owns a valid value.
                unsafe { self.ptr.as_ref() }
            }
        }

        impl<T: ?Sized> DerefMut for $name<T> {
            #[inline(always)]
            fn deref_mut(&mut self) -> &mut T {
                // SAFETY: O2: the box owns a valid value, and is borrowed alone.
                unsafe { self.ptr.as_mut() }
            }
        }

        box_traits!($name);
    };
}

pub(crate) use owning_box;
