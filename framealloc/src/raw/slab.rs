//! Records of one type at stable addresses.

#![expect(unsafe_code, reason = "cuts records from raw blocks")]

use core::alloc::Layout;
use core::cell::Cell;
use core::marker::PhantomData;
use core::ptr::{self, NonNull};

use crate::backend::AllocatorBackend;
use crate::error::AllocError;

/// Records a block holds.
const PER_BLOCK: usize = 16;

/// A slab of `T`: records are taken and put back, blocks live until [`Slab::release`].
///
/// Records are not dropped by the slab; `T` is a plain structure of cells.
pub(crate) struct Slab<T> {
    free: Cell<*mut Slot<T>>,
    blocks: Cell<*mut Block<T>>,
    marker: PhantomData<T>,
}

#[repr(C)]
union Slot<T> {
    next: *mut Slot<T>,
    value: core::mem::ManuallyDrop<T>,
}

#[repr(C)]
struct Block<T> {
    next: *mut Block<T>,
    slots: [Slot<T>; PER_BLOCK],
}

impl<T> Slab<T> {
    pub(crate) const fn new() -> Self {
        const { assert!(!core::mem::needs_drop::<T>()) };
        Self { free: Cell::new(ptr::null_mut()), blocks: Cell::new(ptr::null_mut()), marker: PhantomData }
    }

    /// A free record at an address that stays the same until `release`. It is as `make` of [`Slab::grow`] or its last
    /// user left it, but for its first word.
    #[inline(always)]
    pub(crate) fn take(&self) -> Option<NonNull<T>> {
        let slot = NonNull::new(self.free.get())?;
        // SAFETY: F1: a slot on the free list is ours and holds a link.
        self.free.set(unsafe { slot.as_ref().next });
        Some(slot.cast())
    }

    /// Makes room for more records; `make` may initialise each of them.
    #[cold]
    pub(crate) fn grow(
        &self,
        backend: &dyn AllocatorBackend,
        make: impl Fn(NonNull<T>),
    ) -> Result<(), AllocError> {
        let layout = Layout::new::<Block<T>>();
        let block =
            backend.allocate(layout).ok_or_else(|| AllocError::out_of_memory(layout))?.cast::<Block<T>>();
        // SAFETY: F1: the block is fresh, large enough and aligned. F7: the links are read after the call.
        unsafe {
            (&raw mut (*block.as_ptr()).next).write(self.blocks.get());
            for index in (0..PER_BLOCK).rev() {
                let slot = &raw mut (*block.as_ptr()).slots[index];
                make(NonNull::new_unchecked(slot.cast()));
                (&raw mut (*slot).next).write(self.free.get());
                self.free.set(slot);
            }
        }
        self.blocks.set(block.as_ptr());
        Ok(())
    }

    /// Takes the record back.
    ///
    /// # Safety
    ///
    /// `record` came from this slab's `take` and is not used any more.
    #[inline(always)]
    pub(crate) unsafe fn put(&self, record: NonNull<T>) {
        let slot = record.cast::<Slot<T>>();
        // SAFETY: F1: by the caller the slot is ours again.
        unsafe { (&raw mut (*slot.as_ptr()).next).write(self.free.get()) };
        self.free.set(slot.as_ptr());
    }

    /// Gives every block back.
    ///
    /// # Safety
    ///
    /// No record of this slab is used any more, and `backend` is the one `grow` was called with.
    pub(crate) unsafe fn release(&self, backend: &dyn AllocatorBackend) {
        self.free.set(ptr::null_mut());
        let mut block = self.blocks.replace(ptr::null_mut());
        while let Some(current) = NonNull::new(block) {
            // SAFETY: F1: blocks of the list are live and ours, and by the caller nobody uses their records.
            unsafe {
                block = (*current.as_ptr()).next;
                backend.deallocate(current.cast(), Layout::new::<Block<T>>());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::SystemBackend;

    #[test]
    fn records_are_distinct_and_reused() {
        let backend = SystemBackend::new();
        let slab = Slab::<u64>::new();
        assert!(slab.take().is_none());
        slab.grow(&backend, |_| ()).unwrap();
        let first = slab.take().unwrap();
        let second = slab.take().unwrap();
        assert_ne!(first, second);
        // SAFETY: F1: `first` came from this slab and is not used again before it is taken.
        unsafe { slab.put(first) };
        assert_eq!(slab.take(), Some(first));
        // SAFETY: F1: the records are not used below.
        unsafe { slab.release(&backend) };
        assert!(slab.take().is_none());
    }
}
