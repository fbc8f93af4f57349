//! Streamed data.

#![expect(unsafe_code, reason = "takes memory of the heap for a box")]

use core::alloc::Layout;
use core::fmt;
use std::sync::Arc;

use super::smart_alloc::SmartAlloc;
use crate::diagnostics::{Diagnostic, FA312};
use crate::error::AllocError;
use crate::heap::HeapBox;
use crate::raw::callbacks::CallbackId;
use crate::streaming::{
    Begun, Block, Shortage, StreamData, StreamError, StreamEvent, StreamId, StreamLoad, StreamPriority,
    StreamProgress, StreamStats, StreamStore,
};
use crate::tracking::exempt;

impl SmartAlloc {
    /// Data that is loaded in pieces and evicted when its room is needed: textures, meshes, parts of a level.
    ///
    /// ```
    /// use framealloc::{SmartAlloc, StreamError, StreamPriority};
    ///
    /// let alloc = SmartAlloc::with_defaults();
    /// let streaming = alloc.streaming();
    /// streaming.set_budget(1000);
    ///
    /// let wall = streaming.reserve(600, StreamPriority::Normal)?;
    /// let mut load = streaming.begin_load(wall)?;
    /// load.write(&[1; 400])?; // as it arrives, over as many frames as it takes
    /// load.write(&[2; 200])?;
    /// load.finish_load()?;
    /// assert_eq!(streaming.access(wall)?[599], 2);
    ///
    /// let floor = streaming.reserve(600, StreamPriority::Normal)?; // the wall has to go
    /// assert_eq!(streaming.access(wall).unwrap_err(), StreamError::Evicted);
    /// # streaming.release(floor);
    /// # Ok::<(), StreamError>(())
    /// ```
    pub fn streaming(&self) -> Streaming<'_> {
        Streaming { alloc: self }
    }
}

/// The streamed data of an allocator: [`SmartAlloc::streaming`]. `Copy`; any thread may use it.
///
/// A resource has its memory from `reserve` (or `begin_load` after an eviction) until it is evicted or released: a heap
/// block, charged to the tag that is current then, to its budgets and the allocator's. Statistics count it as heap memory.
/// On top of them streaming has a budget of its own, [`set_budget`](Self::set_budget), which is what evicts.
///
/// Each call takes a lock and finds its resource in logarithmic time. One that evicts looks at every resource.
#[derive(Clone, Copy)]
pub struct Streaming<'a> {
    alloc: &'a SmartAlloc,
}

impl<'a> Streaming<'a> {
    fn store(self) -> &'a StreamStore {
        &self.alloc.shared.streaming
    }

    /// The most bytes that resources have at once. What is above it is evicted now, critical resources and those in use
    /// excepted. Without this call there is no limit but the budgets of tags and allocator.
    pub fn set_budget(self, bytes: usize) {
        let evicted = exempt(|| self.store().set_budget(bytes as u64));
        self.store().announce(evicted);
    }

    /// Sets `size` bytes aside for a resource that is loaded afterwards. If there is no room, resources of the same
    /// priority or a lower one are evicted: the lowest priority first, and of one priority what was not used for longest.
    /// What is being loaded or read stays, and so does what is critical. The memory is filled with zeros.
    ///
    /// # Errors
    ///
    /// [`AllocError::BudgetExceeded`] of `streaming` when it does not fit: nothing is evicted then. The same error of a tag
    /// or the allocator, and [`AllocError::OutOfMemory`]: what was evicted for the room stays so.
    /// [`AllocError::LayoutOverflow`] when the address space does not hold `size` bytes.
    pub fn reserve(self, size: usize, priority: StreamPriority) -> Result<StreamId, AllocError> {
        let block = self.block(size, priority)?;
        Ok(exempt(|| self.store().insert(block, priority)))
    }

    fn block(self, size: usize, priority: StreamPriority) -> Result<Arc<Block>, AllocError> {
        let layout = Layout::array::<u8>(size).map_err(|_| AllocError::overflow::<u8>(size))?;
        let room = exempt(|| self.store().make_room(size, priority));
        let (room, evicted) = room.map_err(|shortage| self.refuse(&shortage, size, priority))?;
        self.store().announce(evicted);
        // SAFETY: H1: the heap asks for exactly the layout it is given.
        let bytes = unsafe { HeapBox::try_zeroed(layout, |layout| self.alloc.heap().heap_memory(layout)) }?;
        Ok(exempt(|| Block::new(bytes, room)))
    }

    #[cold]
    fn refuse(self, shortage: &Shortage, size: usize, priority: StreamPriority) -> AllocError {
        let Shortage { limit, used, evictable } = *shortage;
        exempt(|| {
            let error = AllocError::BudgetExceeded {
                budget: "streaming".into(),
                limit,
                used,
                requested: size as u64,
            };
            self.alloc.heap().report(Diagnostic::new(&FA312, error.to_string()).with_suggestion(format!(
                "of the bytes in use {evictable} could be evicted for a request of {priority} priority: release or \
                 finish what is being loaded or read, or raise `streaming().set_budget`"
            )));
            error
        })
    }

    /// Begins to load a resource, or goes on where the last load stopped. An evicted resource gets memory again first, as
    /// by [`reserve`](Self::reserve), and is loaded from its beginning.
    ///
    /// # Errors
    ///
    /// [`StreamError::Stale`], [`StreamError::AlreadyLoaded`], [`StreamError::InUse`] while another load is under way, and
    /// [`StreamError::Refused`] with the errors of `reserve`.
    pub fn begin_load(self, id: StreamId) -> Result<StreamLoad<'a>, StreamError> {
        match self.store().begin(id)? {
            Begun::Load(load) => Ok(load),
            Begun::NeedsRoom { size, priority } => {
                let block = self.block(size, priority)?;
                self.store().begin_again(id, block)
            }
        }
    }

    /// Adds `data` to a resource: [`begin_load`](Self::begin_load) and [`StreamLoad::write`] in one.
    ///
    /// # Errors
    ///
    /// Those of both.
    pub fn write(self, id: StreamId, data: &[u8]) -> Result<(), StreamError> {
        self.begin_load(id)?.write(data)
    }

    /// Ends the load of a resource, as [`StreamLoad::finish_load`] does.
    ///
    /// # Errors
    ///
    /// Those of [`StreamLoad::finish_load`] and [`begin_load`](Self::begin_load); [`StreamError::Evicted`] instead of
    /// asking for memory again.
    pub fn finish_load(self, id: StreamId) -> Result<(), StreamError> {
        match self.store().begin(id)? {
            Begun::Load(load) => load.finish_load(),
            Begun::NeedsRoom { .. } => Err(StreamError::Evicted),
        }
    }

    /// How far a resource is loaded; 0 bytes while a [`StreamLoad`] has it. `None` when it was released.
    pub fn progress(self, id: StreamId) -> Option<StreamProgress> {
        self.store().progress(id)
    }

    /// The data of a resource. It is not evicted while it is held, and is the youngest from now on.
    ///
    /// # Errors
    ///
    /// [`StreamError::Stale`], [`StreamError::Evicted`], [`StreamError::NotLoaded`], or [`StreamError::InUse`] while it is
    /// being loaded.
    pub fn access(self, id: StreamId) -> Result<StreamData, StreamError> {
        self.store().access(id)
    }

    /// Evicts a resource now, whatever its priority, or forgets what was loaded of it. It can be loaded again.
    ///
    /// # Errors
    ///
    /// [`StreamError::Stale`], or [`StreamError::InUse`] while it is being loaded or read.
    pub fn evict(self, id: StreamId) -> Result<(), StreamError> {
        let evicted = exempt(|| self.store().evict(id))?;
        self.store().announce(evicted);
        Ok(())
    }

    /// Forgets a resource; whether there was one. Whoever reads it keeps its data, and the data its place in the budget.
    pub fn release(self, id: StreamId) -> bool {
        self.store().release(id)
    }

    /// Calls `callback` when a load was finished, on that thread, with no lock held. One that holds a [`SmartAlloc`] keeps
    /// that allocator alive until it is removed.
    pub fn on_loaded(self, callback: impl Fn(&StreamEvent) + Send + Sync + 'static) -> CallbackId {
        self.store().loaded.add(callback)
    }

    /// Calls `callback` when a resource was evicted, on the thread that needed its room, with no lock held.
    pub fn on_evicted(self, callback: impl Fn(&StreamEvent) + Send + Sync + 'static) -> CallbackId {
        self.store().evicted.add(callback)
    }

    /// Removes a callback of [`on_loaded`](Self::on_loaded); whether it was there.
    pub fn remove_on_loaded(self, id: CallbackId) -> bool {
        self.store().loaded.remove(id)
    }

    /// Removes a callback of [`on_evicted`](Self::on_evicted); whether it was there.
    pub fn remove_on_evicted(self, id: CallbackId) -> bool {
        self.store().evicted.remove(id)
    }

    /// What there is now.
    pub fn stats(self) -> StreamStats {
        self.store().stats()
    }
}

impl fmt::Debug for Streaming<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Streaming").field("stats", &self.stats()).finish()
    }
}
