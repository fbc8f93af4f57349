//! Scratch memory that one owner uses, without a lock.

#![expect(unsafe_code, reason = "takes memory back that no borrow reaches")]

use core::alloc::Layout;
use core::cell::RefCell;
use core::fmt;
use core::marker::PhantomData;
use core::mem::MaybeUninit;
use core::ops::DerefMut;
use core::panic::{RefUnwindSafe, UnwindSafe};
use core::ptr::NonNull;

use super::policy::ShrinkPolicy;
use super::scope::{Place, ScratchScope};
use super::store::{self, Lender, Store};
use crate::error::AllocError;
use crate::raw::arena::Mark;
use crate::raw::supply::ChunkSupply;

/// Scratch memory of its own, with a capacity: plain references that the borrow checker ends.
///
/// It may move to another thread, and is used by one at a time; for several there is [`ScratchPool`](crate::ScratchPool).
/// Allocating bumps a pointer. Its chunks are heap blocks of the tag that was current when it was created.
///
/// ```
/// use framealloc::SmartAlloc;
///
/// let alloc = SmartAlloc::with_defaults();
/// let mut scratch = alloc.create_scratch_allocator(256 * 1024)?;
/// let header = scratch.alloc::<[u32; 4]>().write([1, 2, 3, 4]);
/// assert_eq!(header[3], 4);
/// let best = scratch.with_scope(|s| {
///     let costs = s.slice_from_fn(1000, |i| (i * 37) % 1009); // gone after the scope
///     costs.iter().copied().min()
/// });
/// assert_eq!((best, scratch.bytes_used()), (Some(0), 16));
/// scratch.reset(); // a use of `header` after this does not compile
/// # Ok::<(), framealloc::AllocError>(())
/// ```
pub struct ScratchAllocator {
    store: OwnStore,
    supply: ChunkSupply,
    one_thread: PhantomData<dyn ScratchIsUsedByOneThreadAtATime>,
}

/// Why a [`ScratchAllocator`] is not shared between threads: the name is what the compiler shows.
#[doc(hidden)]
pub trait ScratchIsUsedByOneThreadAtATime: Send + UnwindSafe + RefUnwindSafe {}

/// The store of a [`ScratchAllocator`], whose marker alone says that it is not `Sync`.
struct OwnStore(RefCell<Store>);

// SAFETY: S3: the store is reached through its allocator only, which is not `Sync`.
unsafe impl Sync for OwnStore {}

impl UnwindSafe for ScratchAllocator {}
impl RefUnwindSafe for ScratchAllocator {}

impl ScratchAllocator {
    pub(crate) fn new(
        capacity: usize,
        policy: ShrinkPolicy,
        supply: ChunkSupply,
    ) -> Result<Self, AllocError> {
        if capacity == 0 {
            return Err(AllocError::config("size", "is 0; a scratch allocator holds at least one byte"));
        }
        Ok(Self {
            store: OwnStore(RefCell::new(Store::new(capacity, policy))),
            supply,
            one_thread: PhantomData,
        })
    }

    /// The most bytes it hands out between two resets.
    pub fn capacity(&self) -> usize {
        self.store.0.borrow().capacity()
    }

    /// Bytes handed out since the last reset and not taken back by a scope's end, each allocation rounded up to a
    /// multiple of 8.
    pub fn bytes_used(&self) -> usize {
        self.store.0.borrow().used()
    }

    /// Bytes it has from the backend, which its tag pays for.
    pub fn bytes_held(&self) -> usize {
        self.store.0.borrow().held()
    }

    /// The most [`bytes_used`](Self::bytes_used) ever was.
    pub fn peak_bytes(&self) -> usize {
        self.store.0.borrow().peak()
    }

    /// Decides when memory goes back. Without this it is after as many quiet resets as the configuration's
    /// [`with_trim_after`](crate::AllocConfig::with_trim_after) says frames.
    pub fn set_shrink_policy(&mut self, policy: ShrinkPolicy) {
        self.store.0.get_mut().set_policy(policy);
    }

    fn scope(&self) -> ScratchScope<'_> {
        ScratchScope::new(Place::Own(self))
    }

    /// A place for a `T`; `write` puts a value there and lends it until the next [`reset`](Self::reset).
    ///
    /// # Panics
    ///
    /// When the capacity, the backend or a budget refuses.
    #[inline]
    #[track_caller]
    pub fn alloc<T>(&self) -> &mut MaybeUninit<T> {
        self.scope().alloc()
    }

    /// A place for a `T`.
    ///
    /// # Errors
    ///
    /// [`AllocError::CapacityExceeded`], [`AllocError::OutOfMemory`] or [`AllocError::BudgetExceeded`].
    #[inline]
    pub fn try_alloc<T>(&self) -> Result<&mut MaybeUninit<T>, AllocError> {
        self.scope().try_alloc()
    }

    /// Places for `len` elements.
    ///
    /// # Panics
    ///
    /// As [`ScratchAllocator::alloc`].
    #[inline]
    #[track_caller]
    pub fn alloc_slice<T>(&self, len: usize) -> &mut [MaybeUninit<T>] {
        self.scope().alloc_slice(len)
    }

    /// Places for `len` elements.
    ///
    /// # Errors
    ///
    /// As [`ScratchAllocator::try_alloc`], and [`AllocError::LayoutOverflow`].
    #[inline]
    pub fn try_alloc_slice<T>(&self, len: usize) -> Result<&mut [MaybeUninit<T>], AllocError> {
        self.scope().try_alloc_slice(len)
    }

    /// A slice of `len` elements, each made by `make`, in order. `T` has no destructor, because none would run.
    ///
    /// # Panics
    ///
    /// As [`ScratchAllocator::alloc`].
    #[inline]
    #[track_caller]
    pub fn slice_from_fn<T>(&self, len: usize, make: impl FnMut(usize) -> T) -> &mut [T] {
        self.scope().slice_from_fn(len, make)
    }

    /// Runs `work` with a scope. What it allocates cannot leave `work`, and its memory is free again afterwards, also when
    /// `work` panics.
    pub fn with_scope<R>(&mut self, work: impl for<'s> FnOnce(&mut ScratchScope<'s>) -> R) -> R {
        // SAFETY: S3: the allocator is borrowed by this call alone.
        unsafe { self.run(work) }
    }

    /// Takes everything back and ends the round that the [`ShrinkPolicy`] looks at. No reference is left: this borrows
    /// the allocator mutably.
    pub fn reset(&mut self) {
        // SAFETY: S3: references borrow the allocator, so none is left.
        let free = unsafe { self.store.0.get_mut().reset() };
        self.supply.take_back(free);
    }

    #[inline]
    pub(super) fn room(&self, layout: Layout) -> Result<NonNull<u8>, AllocError> {
        store::take(self, layout)
    }

    /// Runs `work` with a scope of its own.
    ///
    /// # Safety
    ///
    /// Until this returns nothing is allocated but through the scope.
    pub(super) unsafe fn run<R>(&self, work: impl for<'s> FnOnce(&mut ScratchScope<'s>) -> R) -> R {
        struct Rewind<'a>(&'a ScratchAllocator, Mark);
        impl Drop for Rewind<'_> {
            fn drop(&mut self) {
                // SAFETY: S3: the scope is over, what was allocated since the mark was bound to it, and inner scopes
                // went back to marks of theirs above this one.
                let free = unsafe { self.0.store.0.borrow_mut().rewind(self.1) };
                self.0.supply.take_back(free);
            }
        }
        let _rewind = Rewind(self, self.store.0.borrow().mark());
        work(&mut self.scope())
    }
}

impl Lender for ScratchAllocator {
    #[inline]
    fn store(&self) -> impl DerefMut<Target = Store> {
        self.store.0.borrow_mut()
    }

    #[inline]
    fn supply(&self) -> &ChunkSupply {
        &self.supply
    }
}

impl fmt::Debug for ScratchAllocator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScratchAllocator")
            .field("capacity", &self.capacity())
            .field("bytes_used", &self.bytes_used())
            .field("bytes_held", &self.bytes_held())
            .finish()
    }
}

impl Drop for ScratchAllocator {
    fn drop(&mut self) {
        // SAFETY: S3: references borrow the allocator, so none is left.
        let all = unsafe { self.store.0.get_mut().close() };
        self.supply.take_back(all);
    }
}
