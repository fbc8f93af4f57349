//! The owning pointer to a pool object.

use super::class::class_of_layout;
use super::thread::free;
use crate::raw::box_traits::box_traits;
use crate::raw::owning_box::owning_box;
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

owning_box!(PoolBox, free_layout);

/// [`free`] for an object of a known layout.
///
/// # Safety
///
/// - `object` is a pool object for `layout`, whose size is not zero; the caller gives it up.
#[inline(always)]
unsafe fn free_layout(object: NonNull<u8>, layout: Layout) {
    // SAFETY: the caller's promise.
    unsafe { free(object, class_of_layout(layout)) };
}
