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
///
/// `base <= top <= end`; records below `top` are initialised. All three are null while there is no memory.
pub(crate) struct Stack<T: Copy> {
    base: Cell<*mut T>,
    top: Cell<*mut T>,
    end: Cell<*mut T>,
}

impl<T: Copy> Stack<T> {
    pub(crate) const fn new() -> Self {
        const { assert!(size_of::<T>() > 0) };
        Self {
            base: Cell::new(ptr::null_mut()),
            top: Cell::new(ptr::null_mut()),
            end: Cell::new(ptr::null_mut()),
        }
    }

    fn distance(&self, to: *mut T) -> usize {
        (to.addr() - self.base.get().addr()) / size_of::<T>()
    }

    #[inline(always)]
    pub(crate) fn len(&self) -> usize {
        self.distance(self.top.get())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.base.get() == self.top.get()
    }

    /// The record at `index`, if there is one.
    #[inline(always)]
    pub(crate) fn get(&self, index: usize) -> Option<T> {
        // The product is that of a real index, or far beyond every array.
        let place = self.base.get().wrapping_add(index);
        if index > isize::MAX as usize / size_of::<T>() || place >= self.top.get() {
            return None;
        }
        // SAFETY: F8: records below `top` are initialised.
        Some(unsafe { place.read() })
    }

    /// The record on top.
    pub(crate) fn last(&self) -> Option<T> {
        // SAFETY: F8: the stack is not empty, and records below `top` are initialised.
        (!self.is_empty()).then(|| unsafe { self.top.get().sub(1).read() })
    }

    /// Overwrites the record at `index`, which must exist.
    pub(crate) fn set(&self, index: usize, item: T) {
        assert!(index < self.len(), "the record exists");
        // SAFETY: F8: records below `top` are initialised and ours.
        unsafe { self.base.get().add(index).write(item) };
    }

    /// Makes room for one record.
    #[inline(always)]
    pub(crate) fn reserve(&self, backend: &impl AllocatorBackend) -> Result<(), AllocError> {
        if self.has_room() { Ok(()) } else { self.grow(backend) }
    }

    #[inline(always)]
    pub(crate) fn push(&self, item: T, backend: &impl AllocatorBackend) -> Result<(), AllocError> {
        self.reserve(backend)?;
        // SAFETY: F8: `top < end` now.
        unsafe { self.push_within_room(item) };
        Ok(())
    }

    /// Pushes without taking memory.
    ///
    /// # Safety
    ///
    /// The stack has room.
    #[inline(always)]
    pub(crate) unsafe fn push_within_room(&self, item: T) {
        let top = self.top.get();
        // SAFETY: F8: by the caller `top < end`, so the place exists.
        unsafe {
            top.write(item);
            self.top.set(top.add(1));
        }
    }

    /// Whether the next push takes no memory.
    #[inline(always)]
    pub(crate) fn has_room(&self) -> bool {
        self.top.get() != self.end.get()
    }

    #[inline(always)]
    pub(crate) fn pop(&self) -> Option<T> {
        // SAFETY: F8: the stack is not empty.
        (!self.is_empty()).then(|| unsafe { self.pop_unchecked() })
    }

    /// Takes the record on top.
    ///
    /// # Safety
    ///
    /// The stack is not empty.
    #[inline(always)]
    pub(crate) unsafe fn pop_unchecked(&self) -> T {
        // SAFETY: F8: by the caller there is a record below `top`, and those are initialised.
        unsafe {
            let place = self.top.get().sub(1);
            self.top.set(place);
            place.read()
        }
    }

    /// Makes room for one record more.
    #[cold]
    #[inline(never)]
    fn grow(&self, backend: &dyn AllocatorBackend) -> Result<(), AllocError> {
        while self.top.get() == self.end.get() {
            let capacity = (self.distance(self.end.get()) * 2).max(FIRST_CAPACITY);
            let layout = Layout::array::<T>(capacity).map_err(|_| AllocError::overflow::<T>(capacity))?;
            let block = backend.allocate(layout).ok_or_else(|| AllocError::out_of_memory(layout))?;
            // F7: the backend may have called back and changed this stack meanwhile: what is read below is current.
            let (old, old_capacity, len) = (self.base.get(), self.distance(self.end.get()), self.len());
            if old_capacity >= capacity {
                // SAFETY: F1: the block is fresh and unused.
                unsafe { backend.deallocate(block, layout) };
                continue;
            }
            let base = block.cast::<T>().as_ptr();
            // SAFETY: F8: the old array holds `len` records (none when null), the new one is larger and distinct.
            unsafe {
                if len > 0 {
                    ptr::copy_nonoverlapping(old, base, len);
                }
                self.base.set(base);
                self.top.set(base.add(len));
                self.end.set(base.add(capacity));
            }
            Self::free(old, old_capacity, backend);
        }
        Ok(())
    }

    /// Gives the memory back; the stack is empty afterwards.
    pub(crate) fn release(&self, backend: &dyn AllocatorBackend) {
        let (base, capacity) = (self.base.get(), self.distance(self.end.get()));
        for cell in [&self.base, &self.top, &self.end] {
            cell.set(ptr::null_mut());
        }
        Self::free(base, capacity, backend);
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
