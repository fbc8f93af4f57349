//! The named pool of scratch memory.

#![expect(unsafe_code, reason = "cuts blocks from chunks and takes them back")]

use core::alloc::Layout;
use core::fmt;
use core::mem::MaybeUninit;
use core::ops::DerefMut;
use core::panic::{RefUnwindSafe, UnwindSafe};
use core::ptr::NonNull;
use core::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::boxed::ScratchBox;
use super::policy::ShrinkPolicy;
use super::scope::{Place, ScratchScope};
use super::store::{self, Lender, Store};
use crate::error::AllocError;
use crate::raw::cache::ChunkList;
use crate::raw::supply::ChunkSupply;

/// A named pool of scratch memory with a fixed capacity, for any number of frames and threads; clones are the same pool.
///
/// Allocating takes the pool's lock and bumps a pointer. Memory comes back all at once: when a pool has no box and no
/// scope left, the next allocation starts at its beginning again. [`reset`](Self::reset) says so explicitly, is an error
/// while boxes are alive, and lets the [`ShrinkPolicy`] give unused memory back.
///
/// The chunks that a pool holds are heap blocks of the tag that was current when it was created: they count in that tag's
/// statistics and against its budgets, from when they are taken to when they go back.
///
/// ```
/// use framealloc::SmartAlloc;
///
/// let alloc = SmartAlloc::with_defaults();
/// let pool = alloc.create_scratch_pool("level", 64 * 1024)?;
/// let name = pool.boxed(String::from("harbour"))?;
/// assert_eq!(*name, "harbour");
/// assert!(pool.reset().is_err(), "a box is alive");
/// drop(name);
/// pool.reset()?;
/// # Ok::<(), framealloc::AllocError>(())
/// ```
#[derive(Clone)]
pub struct ScratchPool(Arc<Inner>);

impl UnwindSafe for ScratchPool {}
impl RefUnwindSafe for ScratchPool {}

struct Inner {
    name: Arc<str>,
    /// Boxes and scopes. Grows under the lock only.
    boxes: AtomicU64,
    store: Mutex<Store>,
    supply: ChunkSupply,
}

impl ScratchPool {
    pub(super) fn new(name: &str, capacity: usize, policy: ShrinkPolicy, supply: ChunkSupply) -> Self {
        let store = Mutex::new(Store::new(capacity, policy));
        Self(Arc::new(Inner { name: name.into(), boxes: AtomicU64::new(0), store, supply }))
    }

    /// The pool's name.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    pub(super) fn shared_name(&self) -> Arc<str> {
        self.0.name.clone()
    }

    /// The most bytes it hands out between two resets.
    pub fn capacity(&self) -> usize {
        self.0.lock().capacity()
    }

    /// Bytes handed out since it was last empty, each allocation rounded up to a multiple of 8.
    pub fn bytes_used(&self) -> usize {
        self.0.lock().used()
    }

    /// Bytes it has from the backend, which its tag pays for.
    pub fn bytes_held(&self) -> usize {
        self.0.lock().held()
    }

    /// The most [`bytes_used`](Self::bytes_used) ever was.
    pub fn peak_bytes(&self) -> usize {
        self.0.lock().peak()
    }

    /// Boxes alive; a scope that is open counts as one.
    pub fn boxes(&self) -> u64 {
        self.0.boxes.load(Ordering::Acquire)
    }

    /// Decides when memory goes back. Without this it is after as many quiet resets as the configuration's
    /// [`with_trim_after`](crate::AllocConfig::with_trim_after) says frames.
    pub fn set_shrink_policy(&self, policy: ShrinkPolicy) {
        self.0.lock().set_policy(policy);
    }

    /// Moves `value` into the pool.
    ///
    /// # Errors
    ///
    /// [`AllocError::CapacityExceeded`] when the pool is full, [`AllocError::OutOfMemory`] when the backend is,
    /// [`AllocError::BudgetExceeded`] when a budget of its tag refuses. `value` is dropped then.
    pub fn boxed<T>(&self, value: T) -> Result<ScratchBox<T>, AllocError> {
        Ok(self.alloc()?.write(value))
    }

    /// A place for a `T` that is written later.
    ///
    /// ```
    /// use framealloc::SmartAlloc;
    ///
    /// let alloc = SmartAlloc::with_defaults();
    /// let pool = alloc.scratch_pool("level");
    /// let place = pool.alloc::<[u8; 256]>()?;
    /// let bytes = place.write([7; 256]);
    /// assert_eq!(bytes[255], 7);
    /// # Ok::<(), framealloc::AllocError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`ScratchPool::boxed`].
    pub fn alloc<T>(&self) -> Result<ScratchBox<MaybeUninit<T>>, AllocError> {
        let place = self.room(Layout::new::<T>())?.cast();
        // SAFETY: S2: the place is fresh, fits, and was counted for this box; it needs no value.
        Ok(unsafe { ScratchBox::from_parts(place, self.clone()) })
    }

    /// A slice of `len` elements, each made by `make`, in order. Elements made before a panic are dropped.
    ///
    /// # Errors
    ///
    /// As [`ScratchPool::boxed`], and [`AllocError::LayoutOverflow`].
    pub fn boxed_slice<T>(
        &self,
        len: usize,
        make: impl FnMut(usize) -> T,
    ) -> Result<ScratchBox<[T]>, AllocError> {
        let layout = Layout::array::<T>(len).map_err(|_| AllocError::overflow::<T>(len))?;
        let start = self.room(layout)?.cast::<MaybeUninit<T>>();
        // SAFETY: S2: the room is fresh, fits, and was counted for this box; it needs no values.
        let place =
            unsafe { ScratchBox::from_parts(NonNull::slice_from_raw_parts(start, len), self.clone()) };
        Ok(place.fill(make))
    }

    /// Runs `work` with a scope, from which it borrows memory without a handle for each value. Nothing that it borrows can
    /// leave `work`; the memory is the pool's again when no scope and no box is left.
    ///
    /// ```
    /// use framealloc::SmartAlloc;
    ///
    /// let alloc = SmartAlloc::with_defaults();
    /// let sum: u64 = alloc.scratch_pool("paths").with_scope(|s| {
    ///     let costs = s.slice_from_fn(100, |i| i as u64);
    ///     costs.iter().sum()
    /// });
    /// assert_eq!(sum, 4950);
    /// ```
    pub fn with_scope<R>(&self, work: impl for<'s> FnOnce(&mut ScratchScope<'s>) -> R) -> R {
        struct Close<'p>(&'p ScratchPool);
        impl Drop for Close<'_> {
            fn drop(&mut self) {
                self.0.release();
            }
        }
        let counted = Counted(self);
        let mut store = self.0.lock();
        let free = counted.before(&mut store);
        counted.taken(&mut store);
        drop(store);
        let close = Close(self);
        self.0.supply.take_back(free);
        work(&mut ScratchScope::new(Place::Pool(close.0)))
    }

    /// Empties the pool and ends the round that the [`ShrinkPolicy`] looks at.
    ///
    /// # Errors
    ///
    /// [`AllocError::HandlesAlive`] when boxes are alive or scopes open; nothing happens then.
    pub fn reset(&self) -> Result<(), AllocError> {
        let mut store = self.0.lock();
        let handles = self.boxes();
        if handles > 0 {
            return Err(AllocError::HandlesAlive { operation: "reset", handles });
        }
        // SAFETY: S1: the count is zero, under the lock.
        let free = unsafe { store.reset() };
        drop(store);
        self.0.supply.take_back(free);
        Ok(())
    }

    /// Room for `layout`, counted as one box.
    pub(crate) fn room(&self, layout: Layout) -> Result<NonNull<u8>, AllocError> {
        store::take(&Counted(self), layout)
    }

    /// Room for `layout` that is not counted; the caller's scope is.
    pub(super) fn scope_room(&self, layout: Layout) -> Result<NonNull<u8>, AllocError> {
        store::take(self, layout)
    }

    /// One box or scope less.
    pub(super) fn release(&self) {
        self.0.boxes.fetch_sub(1, Ordering::Release);
    }
}

impl Lender for ScratchPool {
    fn store(&self) -> impl DerefMut<Target = Store> {
        self.0.lock()
    }

    fn supply(&self) -> &ChunkSupply {
        &self.0.supply
    }
}

/// A pool, each of whose blocks is counted.
struct Counted<'p>(&'p ScratchPool);

impl Lender for Counted<'_> {
    fn store(&self) -> impl DerefMut<Target = Store> {
        self.0.store()
    }

    fn supply(&self) -> &ChunkSupply {
        self.0.supply()
    }

    fn before(&self, store: &mut Store) -> ChunkList {
        if store.used() > 0 && self.0.boxes() == 0 {
            // SAFETY: S1: the count is zero, and the caller has the lock.
            return unsafe { store.start_over() };
        }
        ChunkList::EMPTY
    }

    fn taken(&self, _: &mut Store) {
        self.0.0.boxes.fetch_add(1, Ordering::Relaxed);
    }
}

impl fmt::Debug for ScratchPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScratchPool")
            .field("name", &self.0.name)
            .field("capacity", &self.capacity())
            .field("bytes_used", &self.bytes_used())
            .field("bytes_held", &self.bytes_held())
            .field("boxes", &self.boxes())
            .finish()
    }
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        let store = self.store.get_mut().unwrap_or_else(PoisonError::into_inner);
        // SAFETY: S2: boxes and scopes keep the pool alive, so none is left.
        let all = unsafe { store.close() };
        self.supply.take_back(all);
    }
}
