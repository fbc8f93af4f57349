//! What the closure of `with_scope` allocates from.

#![expect(unsafe_code, reason = "lends scratch memory, and takes it back at the scope's end")]

use allocator_api2::alloc::{AllocError as NoMemory, Allocator};
use core::alloc::Layout;
use core::fmt;
use core::marker::PhantomData;
use core::mem::{MaybeUninit, needs_drop};
use core::ptr::NonNull;

use super::allocator::ScratchAllocator;
use super::pool::ScratchPool;
use crate::error::AllocError;

/// Where a scope's memory lies.
#[derive(Clone, Copy)]
pub(super) enum Place<'s> {
    Own(&'s ScratchAllocator),
    Pool(&'s ScratchPool),
}

/// The memory of one scope: lends references that live for the scope, `'s`, and no longer.
///
/// `'s` is known inside the closure only, so the compiler lets nothing that was borrowed out of it. Destructors do not run
/// here: a value that has one is written into [`alloc`](Self::alloc) and stays undropped, or lives in a container over
/// `&*scope`, which is an `allocator-api2` allocator. Most containers abort when that is refused: use their `try_` methods
/// near the capacity.
///
/// ```
/// use framealloc::SmartAlloc;
///
/// let alloc = SmartAlloc::with_defaults();
/// let mut scratch = alloc.create_scratch_allocator(64 * 1024)?;
/// let longest = scratch.with_scope(|s| {
///     let mut names = allocator_api2::vec::Vec::new_in(&*s);
///     names.extend(["north", "northwest"].map(String::from));
///     names.iter().map(String::len).max()
/// });
/// assert_eq!((longest, scratch.bytes_used()), (Some(9), 0));
/// # Ok::<(), framealloc::AllocError>(())
/// ```
pub struct ScratchScope<'s> {
    place: Place<'s>,
    /// Invariant, so that two scopes are never of one type (S3).
    exactly: PhantomData<fn(&'s ()) -> &'s ()>,
}

impl<'s> ScratchScope<'s> {
    pub(super) fn new(place: Place<'s>) -> Self {
        Self { place, exactly: PhantomData }
    }

    #[inline]
    fn room(&self, layout: Layout) -> Result<NonNull<u8>, AllocError> {
        match self.place {
            Place::Own(own) => own.room(layout),
            Place::Pool(pool) => pool.scope_room(layout),
        }
    }

    /// A place for a `T`; `write` puts a value there and lends it.
    ///
    /// # Panics
    ///
    /// When the capacity, the backend or a budget refuses.
    #[inline]
    #[track_caller]
    pub fn alloc<T>(&self) -> &'s mut MaybeUninit<T> {
        or_panic(self.try_alloc())
    }

    /// A place for a `T`.
    ///
    /// # Errors
    ///
    /// [`AllocError::CapacityExceeded`], [`AllocError::OutOfMemory`] or [`AllocError::BudgetExceeded`].
    #[inline]
    pub fn try_alloc<T>(&self) -> Result<&'s mut MaybeUninit<T>, AllocError> {
        let place = self.room(Layout::new::<T>())?.cast();
        // SAFETY: S3: the room is fresh, fits, is reached through this reference alone, and stays for `'s`.
        Ok(unsafe { &mut *place.as_ptr() })
    }

    /// Places for `len` elements.
    ///
    /// # Panics
    ///
    /// As [`ScratchScope::alloc`].
    #[inline]
    #[track_caller]
    pub fn alloc_slice<T>(&self, len: usize) -> &'s mut [MaybeUninit<T>] {
        or_panic(self.try_alloc_slice(len))
    }

    /// Places for `len` elements.
    ///
    /// # Errors
    ///
    /// As [`ScratchScope::try_alloc`], and [`AllocError::LayoutOverflow`].
    #[inline]
    pub fn try_alloc_slice<T>(&self, len: usize) -> Result<&'s mut [MaybeUninit<T>], AllocError> {
        let layout = Layout::array::<T>(len).map_err(|_| AllocError::overflow::<T>(len))?;
        let start = self.room(layout)?.cast();
        // SAFETY: S3: as in `try_alloc`, for `len` elements.
        Ok(unsafe { NonNull::slice_from_raw_parts(start, len).as_mut() })
    }

    /// A slice of `len` elements, each made by `make`, in order. `T` has no destructor, because none would run.
    ///
    /// # Panics
    ///
    /// As [`ScratchScope::alloc`].
    #[inline]
    #[track_caller]
    pub fn slice_from_fn<T>(&self, len: usize, make: impl FnMut(usize) -> T) -> &'s mut [T] {
        const {
            assert!(
                !needs_drop::<T>(),
                "a scratch scope runs no destructors: use a container over `&*scope` for this type"
            );
        }
        let place = self.alloc_slice(len);
        crate::raw::fill::fill(place, make);
        // SAFETY: S3: `fill` has written every element.
        unsafe { place.assume_init_mut() }
    }

    /// Runs `work` with a scope inside this one. What this scope has lent stays; what the inner one lends cannot leave
    /// `work`, and its memory is free again afterwards (in a [`ScratchPool`], when no scope and no box is left).
    pub fn with_scope<R>(&mut self, work: impl for<'i> FnOnce(&mut ScratchScope<'i>) -> R) -> R {
        match self.place {
            // SAFETY: S3: this scope is borrowed by this call alone, so nothing is allocated from it meanwhile.
            Place::Own(own) => unsafe { own.run(work) },
            Place::Pool(pool) => pool.with_scope(work),
        }
    }
}

impl fmt::Debug for ScratchScope<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place {
            Place::Own(own) => f.debug_tuple("ScratchScope").field(own).finish(),
            Place::Pool(pool) => f.debug_tuple("ScratchScope").field(pool).finish(),
        }
    }
}

// SAFETY: S3: blocks stay for `'s`, which outlives the scope and whatever borrows it.
unsafe impl Allocator for ScratchScope<'_> {
    fn allocate(&self, layout: Layout) -> Result<NonNull<[u8]>, NoMemory> {
        let block = self.room(layout).map_err(|_| NoMemory)?;
        Ok(NonNull::slice_from_raw_parts(block, layout.size()))
    }

    unsafe fn deallocate(&self, _: NonNull<u8>, _: Layout) {}
}

/// Ends an infallible form that was refused.
#[inline(always)]
#[track_caller]
pub(super) fn or_panic<T>(result: Result<T, AllocError>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => refused(&error),
    }
}

#[cold]
#[inline(never)]
#[track_caller]
fn refused(error: &AllocError) -> ! {
    panic!("{error}")
}
