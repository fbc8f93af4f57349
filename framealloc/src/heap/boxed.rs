//! The owning pointer to a heap object.

use super::shared::free;
use crate::error::AllocError;
use crate::raw::box_traits::box_traits;
use crate::raw::owning_box::owning_box;
use core::alloc::Layout;
use core::marker::PhantomData;
use core::mem::{ManuallyDrop, MaybeUninit};
use core::ops::{Deref, DerefMut};
use core::ptr::{self, NonNull};

/// Owns a `T` in memory of the backend, as a `Box` does, and credits its tag when it is dropped.
///
/// It may be dropped on any thread and may outlive the allocator. It is `Send` and `Sync` as `T` is. The cost over the
/// system allocator's own is about 60 instructions for allocating and freeing together, two of them atomic additions.
pub struct HeapBox<T: ?Sized> {
    /// The value; for a size that is not zero, a heap object (H1).
    ptr: NonNull<T>,
    _owns: PhantomData<T>,
}

owning_box!(HeapBox, free);

impl HeapBox<[u8]> {
    /// Zero bytes, as many as `layout` has, in the memory that `memory` finds for them; it is not called for none.
    ///
    /// # Errors
    ///
    /// That of `memory`.
    ///
    /// # Safety
    ///
    /// - What `memory` returns is a fresh object of [`super::HeapShared::allocate`] for the layout it was asked for.
    pub(crate) unsafe fn try_zeroed(
        layout: Layout,
        memory: impl FnOnce(Layout) -> Result<NonNull<u8>, AllocError>,
    ) -> Result<Self, AllocError> {
        let len = layout.size();
        let ptr = if len == 0 { NonNull::dangling() } else { memory(layout)? };
        // SAFETY: the caller's promise: the memory has `len` bytes, and is the box's from here on.
        unsafe {
            ptr.write_bytes(0, len);
            Ok(Self::from_raw(NonNull::slice_from_raw_parts(ptr, len)))
        }
    }
}
