//! Pool and heap: objects that outlive the frame.

#![expect(unsafe_code, reason = "fills memory of the pool and the heap")]

use core::mem::MaybeUninit;

use super::smart_alloc::SmartAlloc;
use crate::error::AllocError;
use crate::frame::{FrameBox, fail};
use crate::heap::{HeapAlloc, HeapBox};
use crate::pool::{PoolAlloc, PoolBox, PoolHandle, PoolStats, TypedPool};

impl SmartAlloc {
    /// Moves `value` into the pool, under the current tag.
    ///
    /// Cost: about twenty instructions, no lock. The box may be dropped on any thread.
    ///
    /// ```
    /// use framealloc::SmartAlloc;
    ///
    /// let alloc = SmartAlloc::with_defaults();
    /// let enemy = alloc.pool_box([1_u32; 8]);
    /// std::thread::spawn(move || drop(enemy)).join().unwrap();
    /// ```
    ///
    /// # Panics
    ///
    /// When memory or a budget is refused.
    #[inline(always)]
    #[track_caller]
    pub fn pool_box<T>(&self, value: T) -> PoolBox<T> {
        match self.try_pool_box(value) {
            Ok(boxed) => boxed,
            Err(error) => fail(error),
        }
    }

    /// Moves `value` into the pool, under the current tag.
    ///
    /// # Errors
    ///
    /// [`AllocError`] when memory or a budget is refused; `value` is dropped then.
    #[inline(always)]
    pub fn try_pool_box<T>(&self, value: T) -> Result<PoolBox<T>, AllocError> {
        // SAFETY: P1: the heap asks the pool for exactly the layout it is given.
        unsafe { PoolBox::try_place(value, |layout| self.heap().pool_memory(layout)) }
    }

    /// A place in the pool for a `T` that is written later.
    #[track_caller]
    pub fn pool_alloc<T>(&self) -> PoolBox<MaybeUninit<T>> {
        self.pool_box(MaybeUninit::uninit())
    }

    /// A pool of values of one type, found by handles that notice when their value is gone. Charged to the tag that is
    /// current now.
    pub fn typed_pool<T>(&self) -> TypedPool<T> {
        TypedPool::new(self.pool_allocator())
    }

    /// A pool of values of one type that threads share, found by keys. Charged to the tag that is current now.
    pub fn pool_handle<T>(&self) -> PoolHandle<T> {
        PoolHandle::new(self.pool_allocator())
    }

    /// The pool as an `allocator-api2` allocator, for any container. Charged to the tag that is current now.
    ///
    /// ```
    /// use framealloc::SmartAlloc;
    ///
    /// let alloc = SmartAlloc::with_defaults();
    /// let mut names = allocator_api2::vec::Vec::new_in(alloc.pool_allocator());
    /// names.push("north");
    /// assert_eq!(alloc.pool_stats().live_objects, 1);
    /// ```
    pub fn pool_allocator(&self) -> PoolAlloc {
        PoolAlloc::new(self.shared.pool.clone(), self.heap().current_tag().0)
    }

    /// What the pool holds and has served.
    pub fn pool_stats(&self) -> PoolStats {
        self.shared.pool.totals()
    }

    /// Gives empty pages of the pool back, after taking this thread's free objects into account. Returns the bytes.
    pub fn shrink_pool(&self) -> usize {
        self.heap().pool.shrink();
        self.shared.pool.trim()
    }

    /// Moves `value` into a block of its own, under the current tag.
    ///
    /// # Panics
    ///
    /// When memory or a budget is refused.
    #[inline]
    #[track_caller]
    pub fn heap_box<T>(&self, value: T) -> HeapBox<T> {
        match self.try_heap_box(value) {
            Ok(boxed) => boxed,
            Err(error) => fail(error),
        }
    }

    /// Moves `value` into a block of its own, under the current tag.
    ///
    /// # Errors
    ///
    /// [`AllocError`] when memory or a budget is refused; `value` is dropped then.
    #[inline]
    pub fn try_heap_box<T>(&self, value: T) -> Result<HeapBox<T>, AllocError> {
        // SAFETY: H1: the heap asks for exactly the layout it is given.
        unsafe { HeapBox::try_place(value, |layout| self.heap().heap_memory(layout)) }
    }

    /// A block for a `T` that is written later.
    #[track_caller]
    pub fn heap_alloc<T>(&self) -> HeapBox<MaybeUninit<T>> {
        self.heap_box(MaybeUninit::uninit())
    }

    /// The heap as an `allocator-api2` allocator, for any container. Charged to the tag that is current now.
    pub fn heap_allocator(&self) -> HeapAlloc {
        HeapAlloc::new(self.shared.heap.clone(), self.heap().current_tag().0)
    }
}

impl<T> FrameBox<'_, T> {
    /// Moves the value from the frame into the pool of `alloc`.
    #[track_caller]
    pub fn into_pool(self, alloc: &SmartAlloc) -> PoolBox<T> {
        alloc.pool_box(self.into_inner())
    }
}

impl<T> PoolBox<T> {
    /// Moves the value from the pool into a heap block of `alloc`.
    #[track_caller]
    pub fn into_heap(self, alloc: &SmartAlloc) -> HeapBox<T> {
        alloc.heap_box(self.into_inner())
    }
}
