//! A growable stack of plain records.
//!
//! A `Vec` would reach the global allocator, which is foreign code (F7). This one grows through the backend, and is in a
//! valid state whenever it calls out.

#![expect(unsafe_code, reason = "reads and writes a raw array")]

use core::alloc::Layout;
use core::cell::Cell;
use core::ptr::{self, NonNull};

use crate::backend::AllocatorBackend;
use crate::error::AllocError;

const FIRST_CAPACITY: usize = 16;

/// A stack of `T`. Its owner gives the memory back with [`Stack::release`].
pub(crate) struct Stack<T: Copy> {
    items: Cell<*mut T>,
    len: Cell<usize>,
    capacity: Cell<usize>,
}

impl<T: Copy> Stack<T> {
    pub(crate) const fn new() -> Self {
        Self { items: Cell::new(ptr::null_mut()), len: Cell::new(0), capacity: Cell::new(0) }
    }

    #[inline(always)]
    pub(crate) fn len(&self) -> usize {
        self.len.get()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The record at `index`, if there is one.
    #[inline(always)]
    pub(crate) fn get(&self, index: usize) -> Option<T> {
        // SAFETY: F8: records below `len` are initialised.
        (index < self.len.get()).then(|| unsafe { self.items.get().add(index).read() })
    }

    /// The record on top.
    pub(crate) fn last(&self) -> Option<T> {
        self.get(self.len.get().wrapping_sub(1))
    }

    /// Overwrites the record at `index`, which must exist.
    pub(crate) fn set(&self, index: usize, item: T) {
        assert!(index < self.len.get(), "the record exists");
        // SAFETY: F8: records below `len` are initialised and ours.
        unsafe { self.items.get().add(index).write(item) };
    }

    #[inline(always)]
    pub(crate) fn push(&self, item: T, backend: &impl AllocatorBackend) -> Result<(), AllocError> {
        while self.len.get() == self.capacity.get() {
            self.grow(backend)?;
        }
        // SAFETY: F8: `len < capacity`, so the place exists.
        unsafe { self.items.get().add(self.len.get()).write(item) };
        self.len.set(self.len.get() + 1);
        Ok(())
    }

    #[inline(always)]
    pub(crate) fn pop(&self) -> Option<T> {
        let item = self.last()?;
        self.len.set(self.len.get() - 1);
        Some(item)
    }

    #[cold]
    fn grow(&self, backend: &dyn AllocatorBackend) -> Result<(), AllocError> {
        let capacity = (self.capacity.get() * 2).max(FIRST_CAPACITY);
        let layout = Layout::array::<T>(capacity).map_err(|_| AllocError::overflow::<T>(capacity))?;
        let block = backend.allocate(layout).ok_or_else(|| AllocError::out_of_memory(layout))?;
        // F7: the backend may have called back and grown this stack meanwhile.
        if self.capacity.get() >= capacity {
            // SAFETY: F1: the block is fresh and unused.
            unsafe { backend.deallocate(block, layout) };
            return Ok(());
        }
        let (old, old_capacity) = (self.items.get(), self.capacity.get());
        let items = block.cast::<T>().as_ptr();
        if !old.is_null() {
            // SAFETY: F8: the old array holds `len` records, the new one is larger and distinct.
            unsafe { ptr::copy_nonoverlapping(old, items, self.len.get()) };
        }
        self.items.set(items);
        self.capacity.set(capacity);
        Self::free(old, old_capacity, backend);
        Ok(())
    }

    /// Gives the memory back; the stack is empty afterwards.
    pub(crate) fn release(&self, backend: &dyn AllocatorBackend) {
        let (items, capacity) = (self.items.get(), self.capacity.get());
        self.items.set(ptr::null_mut());
        self.len.set(0);
        self.capacity.set(0);
        Self::free(items, capacity, backend);
    }

    fn free(items: *mut T, capacity: usize, backend: &dyn AllocatorBackend) {
        let Some(items) = NonNull::new(items) else { return };
        if let Ok(layout) = Layout::array::<T>(capacity) {
            // SAFETY: F1: `grow` allocated this array with this layout; it was just detached from the stack.
            unsafe { backend.deallocate(items.cast(), layout) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::SystemBackend;

    #[test]
    fn grows_and_pops_in_order() {
        let backend = SystemBackend::new();
        let stack = Stack::new();
        for n in 0..100_u32 {
            stack.push(n, &backend).unwrap();
        }
        stack.set(3, 33);
        assert_eq!((stack.get(3), stack.get(99), stack.get(100)), (Some(33), Some(99), None));
        for n in (4..100).rev() {
            assert_eq!(stack.pop(), Some(n));
        }
        assert_eq!(stack.last(), Some(33));
        stack.release(&backend);
        assert_eq!((stack.len(), stack.pop()), (0, None));
        stack.release(&backend);
    }
}
