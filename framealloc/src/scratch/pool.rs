//! The pool of scratch memory.

#![expect(unsafe_code, reason = "cuts blocks from chunks")]

use core::alloc::Layout;
use core::fmt;
use core::ptr::{self, NonNull};
use core::sync::atomic::{AtomicU64, Ordering};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::boxed::ScratchBox;
use crate::backend::AllocatorBackend;
use crate::error::AllocError;
use crate::raw::chunk::{self, Chunk};
use crate::raw::poison;
use crate::sys::align::{GRAIN, checked_align_up, grain_up};

/// Capacity of a pool that was not created with one: 1 MiB.
const DEFAULT_CAPACITY: usize = 1 << 20;

/// A named pool of scratch memory with a fixed capacity; clones are the same pool.
///
/// Allocating takes the pool's lock and bumps a pointer. Memory comes back all at once: when a pool has no box left, the
/// next allocation starts at its beginning again.
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

struct Inner {
    name: Arc<str>,
    capacity: usize,
    boxes: AtomicU64,
    state: Mutex<State>,
    backend: Arc<dyn AllocatorBackend>,
}

struct State {
    chunk: *mut Chunk,
    ptr: *mut u8,
    end: *mut u8,
    used: usize,
    peak: usize,
}

// SAFETY: S1: the chunks belong to the pool and are reached under its lock alone.
unsafe impl Send for State {}

impl ScratchPool {
    fn new(name: &str, capacity: usize, backend: Arc<dyn AllocatorBackend>) -> Self {
        let state =
            State { chunk: ptr::null_mut(), ptr: ptr::null_mut(), end: ptr::null_mut(), used: 0, peak: 0 };
        Self(Arc::new(Inner {
            name: name.into(),
            capacity,
            boxes: AtomicU64::new(0),
            state: Mutex::new(state),
            backend,
        }))
    }

    /// The pool's name.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The most bytes it hands out between two resets.
    pub fn capacity(&self) -> usize {
        self.0.capacity
    }

    /// Bytes handed out since the last reset, padding included.
    pub fn bytes_used(&self) -> usize {
        self.0.lock().used
    }

    /// The most bytes that were handed out between two resets.
    pub fn peak_bytes(&self) -> usize {
        self.0.lock().peak
    }

    /// Boxes alive.
    pub fn boxes(&self) -> u64 {
        self.0.boxes.load(Ordering::Acquire)
    }

    /// Moves `value` into the pool.
    ///
    /// # Errors
    ///
    /// [`AllocError::CapacityExceeded`] when the pool is full, [`AllocError::OutOfMemory`] when the backend is. `value`
    /// is dropped then.
    pub fn boxed<T>(&self, value: T) -> Result<ScratchBox<T>, AllocError> {
        let place = self.room(Layout::new::<T>())?.cast::<T>();
        // SAFETY: S2: the place is fresh, fits, and was counted for this box.
        Ok(unsafe {
            place.write(value);
            ScratchBox::from_parts(place, self.clone())
        })
    }

    /// Empties the pool.
    ///
    /// # Errors
    ///
    /// [`AllocError::HandlesAlive`] when boxes are alive; nothing happens then.
    pub fn reset(&self) -> Result<(), AllocError> {
        let mut state = self.0.lock();
        match self.boxes() {
            0 => {
                state.rewind();
                Ok(())
            }
            handles => Err(AllocError::HandlesAlive { operation: "reset", handles }),
        }
    }

    /// Room for `layout`, counted as one box.
    pub(crate) fn room(&self, layout: Layout) -> Result<NonNull<u8>, AllocError> {
        let inner = &*self.0;
        let mut state = inner.lock();
        if state.used > 0 && self.boxes() == 0 {
            state.rewind();
        }
        if state.chunk.is_null() {
            drop(state);
            let class = Chunk::class_for(inner.capacity);
            let fresh = class.and_then(|class| Chunk::create(&*inner.backend, class));
            let fresh = fresh.ok_or_else(|| AllocError::out_of_memory(layout))?;
            state = inner.lock();
            if let Some(fresh) = state.adopt(fresh, inner.capacity) {
                drop(state);
                // SAFETY: S1: another thread was faster; this chunk was never used.
                unsafe { Chunk::destroy(fresh, &*inner.backend) };
                state = inner.lock();
            }
        }
        let block = state.bump(layout).ok_or(AllocError::CapacityExceeded { capacity: inner.capacity })?;
        inner.boxes.fetch_add(1, Ordering::Relaxed);
        Ok(block)
    }

    /// One box less.
    pub(super) fn release(&self) {
        self.0.boxes.fetch_sub(1, Ordering::Release);
    }
}

impl fmt::Debug for ScratchPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScratchPool")
            .field("name", &self.0.name)
            .field("capacity", &self.0.capacity)
            .field("bytes_used", &self.bytes_used())
            .field("boxes", &self.boxes())
            .finish()
    }
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn bump(&mut self, layout: Layout) -> Option<NonNull<u8>> {
        let address = checked_align_up(self.ptr.addr(), layout.align().max(GRAIN))?;
        let end = address.checked_add(grain_up(layout.size()))?;
        if end > self.end.addr() {
            return None;
        }
        let block = self.ptr.with_addr(address);
        self.used += end - self.ptr.addr();
        self.peak = self.peak.max(self.used);
        self.ptr = self.ptr.with_addr(end);
        poison::handed_out(block, end - address);
        NonNull::new(block)
    }

    /// Takes the pool's chunk, or returns it when there is one already.
    fn adopt(&mut self, fresh: NonNull<Chunk>, capacity: usize) -> Option<NonNull<Chunk>> {
        if !self.chunk.is_null() {
            return Some(fresh);
        }
        self.chunk = fresh.as_ptr();
        self.ptr = chunk::start(fresh);
        self.end = self.ptr.wrapping_add(capacity);
        None
    }

    fn rewind(&mut self) {
        self.used = 0;
        if let Some(chunk) = NonNull::new(self.chunk) {
            let start = chunk::start(chunk);
            // SAFETY: S1: no box is left, so nobody reads what was handed out.
            unsafe { poison::recycled(start, self.ptr.addr() - start.addr()) };
            self.ptr = start;
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        let chunk = self.state.get_mut().unwrap_or_else(PoisonError::into_inner).chunk;
        if let Some(chunk) = NonNull::new(chunk) {
            // SAFETY: S2: boxes hold the pool alive, so none is left; the chunk came from this backend.
            unsafe { Chunk::destroy(chunk, &*self.backend) };
        }
    }
}

/// The scratch pools of one allocator, by name.
pub(crate) struct ScratchPools {
    pools: Mutex<BTreeMap<Arc<str>, ScratchPool>>,
    backend: Arc<dyn AllocatorBackend>,
}

impl ScratchPools {
    pub(crate) fn new(backend: Arc<dyn AllocatorBackend>) -> Self {
        Self { pools: Mutex::new(BTreeMap::new()), backend }
    }

    /// The pool `name`, created with the default capacity if there is none.
    pub(crate) fn get(&self, name: &str) -> ScratchPool {
        let mut pools = self.pools.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pool) = pools.get(name) {
            return pool.clone();
        }
        let pool = ScratchPool::new(name, DEFAULT_CAPACITY, self.backend.clone());
        pools.insert(pool.0.name.clone(), pool.clone());
        pool
    }

    /// A new pool `name`.
    ///
    /// # Errors
    ///
    /// [`AllocError::InvalidConfig`] when there is one already or `capacity` is 0.
    pub(crate) fn create(&self, name: &str, capacity: usize) -> Result<ScratchPool, AllocError> {
        if capacity == 0 {
            return Err(AllocError::config("capacity", "is 0; a scratch pool holds at least one byte"));
        }
        let mut pools = self.pools.lock().unwrap_or_else(PoisonError::into_inner);
        if pools.contains_key(name) {
            return Err(AllocError::config(
                "name",
                format!("\"{name}\" is a scratch pool already; use `scratch_pool`"),
            ));
        }
        let pool = ScratchPool::new(name, capacity, self.backend.clone());
        pools.insert(pool.0.name.clone(), pool.clone());
        Ok(pool)
    }
}
