//! Transfer to other threads, and destructors that run later.

#![forbid(unsafe_code)]

use core::panic::Location;

use super::smart_alloc::SmartAlloc;
use super::tagged::TaggedAllocator;
use crate::error::AllocError;
use crate::frame::or_fail;
use crate::threads::{
    DeferredBox, DeferredConfig, DeferredStats, Node, NotDeferred, TransferHandle, TransferStats,
    Transferable, defer,
};

impl SmartAlloc {
    /// Moves a value, or the value of a [`FrameBox`](crate::FrameBox), into the pool, under the current tag, and returns
    /// the handle by which another thread receives it.
    ///
    /// Frame memory cannot leave its thread, so a value in a frame is moved once; on the way to the receiver it does not
    /// move again. Cost: a pool object and three counters.
    ///
    /// ```
    /// use framealloc::SmartAlloc;
    ///
    /// let alloc = SmartAlloc::with_defaults();
    /// let handle = alloc.frame_box_for_transfer(String::from("path"));
    /// let path = std::thread::spawn(move || handle.receive()).join().unwrap();
    /// assert_eq!(*path, "path");
    /// ```
    ///
    /// # Panics
    ///
    /// When memory or a budget is refused.
    #[track_caller]
    pub fn frame_box_for_transfer<T: Send + 'static>(
        &self,
        value: impl Transferable<T>,
    ) -> TransferHandle<T> {
        or_fail!(self.try_frame_box_for_transfer(value))
    }

    /// [`frame_box_for_transfer`](Self::frame_box_for_transfer) that returns its error.
    ///
    /// # Errors
    ///
    /// [`AllocError`] when memory or a budget is refused; the value is dropped then.
    #[track_caller]
    pub fn try_frame_box_for_transfer<T: Send + 'static>(
        &self,
        value: impl Transferable<T>,
    ) -> Result<TransferHandle<T>, AllocError> {
        let tag = self.heap().current_tag().0;
        let value = self.try_pool_box(value.into_value())?;
        Ok(TransferHandle::new(value, tag, self.shared.clone(), Location::caller()))
    }

    /// The transfers of this allocator so far.
    pub fn transfer_stats(&self) -> TransferStats {
        self.shared.transfers.stats()
    }

    /// Sets when deferred destructors run, and what happens when too many are pending. Holds from now on, for what is
    /// pending too. Until this is called the default settings hold.
    ///
    /// From then on the values of [transfers](Self::frame_box_for_transfer) that nobody receives are deferred too.
    ///
    /// # Errors
    ///
    /// [`AllocError::InvalidConfig`] names the setting that cannot work.
    ///
    /// ```
    /// use framealloc::{DeferredConfig, DeferredProcessing, SmartAlloc};
    ///
    /// let alloc = SmartAlloc::with_defaults();
    /// let config = DeferredConfig::default().with_processing(DeferredProcessing::Incremental(2));
    /// alloc.configure_deferred(config)?;
    /// alloc.begin_frame();
    /// (0..5).for_each(|n| alloc.defer_drop(vec![n]));
    /// alloc.end_frame();
    /// assert_eq!(alloc.deferred_stats().pending, 3);
    /// # Ok::<(), framealloc::AllocError>(())
    /// ```
    pub fn configure_deferred(&self, config: DeferredConfig) -> Result<(), AllocError> {
        self.shared.deferred.configure(config)
    }

    /// The settings of deferred destructors.
    pub fn deferred_config(&self) -> DeferredConfig {
        self.shared.deferred.config()
    }

    /// Runs the destructor of `value` later, at the moment that is [configured](Self::configure_deferred): before the
    /// driving thread ends its frame, unless set otherwise. Until then the value is in the pool, under the current tag.
    ///
    /// Where it is refused, for want of memory, by a budget or by [`Fail`](crate::QueueFullPolicy::Fail), its destructor
    /// runs at once. What is pending when the allocator goes runs then; a value that holds the allocator, as a clone of it
    /// or one of its handles does, keeps it alive until it has run.
    ///
    /// Cost: a pool object and a lock for a few instructions.
    ///
    /// ```
    /// use framealloc::SmartAlloc;
    /// use std::sync::mpsc;
    ///
    /// let alloc = SmartAlloc::with_defaults();
    /// alloc.begin_frame();
    /// let (send, dropped) = mpsc::channel::<()>();
    /// std::thread::scope(|scope| _ = scope.spawn(|| alloc.defer_drop(send)));
    /// assert_eq!(dropped.try_recv(), Err(mpsc::TryRecvError::Empty), "not dropped yet");
    /// alloc.end_frame();
    /// assert_eq!(dropped.try_recv(), Err(mpsc::TryRecvError::Disconnected), "dropped on this thread");
    /// ```
    ///
    /// # Panics
    ///
    /// With the panic of a destructor, when the policy runs one at once.
    pub fn defer_drop<T: Send + 'static>(&self, value: T) {
        match self.heap().promote_to_pool(Node::new(value)) {
            Ok(node) => {
                // Not refusable, so nothing comes back.
                let _ = defer(&*self.shared, node, false);
            }
            Err((node, _)) => {
                self.shared.deferred.count_without_memory(false);
                drop(node);
            }
        }
    }

    /// [`defer_drop`](Self::defer_drop) that hands the value back where it is refused.
    ///
    /// # Errors
    ///
    /// [`NotDeferred`], with the value and the reason.
    ///
    /// # Panics
    ///
    /// With the panic of a destructor, when the policy runs one at once.
    pub fn try_defer_drop<T: Send + 'static>(&self, value: T) -> Result<(), NotDeferred<T>> {
        let queue = &self.shared.deferred;
        match self.heap().promote_to_pool(Node::new(value)) {
            Ok(node) => defer(&*self.shared, node, true)
                .map_err(|node| NotDeferred { value: node.into_inner().value, error: queue.full() }),
            Err((node, error)) => {
                queue.count_without_memory(true);
                Err(NotDeferred { value: node.value, error })
            }
        }
    }

    /// Moves `value` into the pool, under the current tag. When the box is dropped, on whichever thread, its destructor is
    /// deferred, as by [`defer_drop`](Self::defer_drop).
    ///
    /// ```
    /// use framealloc::{DeferredBox, SmartAlloc};
    ///
    /// struct Texture;
    /// impl Drop for Texture {
    ///     fn drop(&mut self) {
    ///         // ... must run on the thread of the graphics context ...
    ///     }
    /// }
    ///
    /// let alloc = SmartAlloc::with_defaults();
    /// let texture: DeferredBox<Texture> = alloc.deferred_box(Texture);
    /// std::thread::spawn(move || drop(texture)).join().unwrap();
    /// assert_eq!(alloc.deferred_stats().pending, 1);
    /// assert_eq!(alloc.process_deferred(), 1);
    /// ```
    ///
    /// # Panics
    ///
    /// When memory or a budget is refused.
    #[track_caller]
    pub fn deferred_box<T: Send + 'static>(&self, value: T) -> DeferredBox<T> {
        or_fail!(self.try_deferred_box(value))
    }

    /// [`deferred_box`](Self::deferred_box) that returns its error.
    ///
    /// # Errors
    ///
    /// [`AllocError`] when memory or a budget is refused; `value` is dropped then.
    pub fn try_deferred_box<T: Send + 'static>(&self, value: T) -> Result<DeferredBox<T>, AllocError> {
        let node = self.try_pool_box(Node::new(value))?;
        Ok(DeferredBox::new(node, self.shared.clone()))
    }

    /// Runs all destructors that are pending now, on this thread, whatever the settings. Returns how many. What they defer
    /// in turn waits for the next time. Inside a deferred destructor, also one of another allocator, this does nothing, and
    /// neither do the frames that it begins and ends run any.
    ///
    /// # Panics
    ///
    /// With the first panic of a destructor, when all have run.
    pub fn process_deferred(&self) -> usize {
        self.process_deferred_up_to(usize::MAX)
    }

    /// [`process_deferred`](Self::process_deferred), of the oldest `limit` at most.
    ///
    /// # Panics
    ///
    /// With the first panic of a destructor, when all of them have run.
    pub fn process_deferred_up_to(&self, limit: usize) -> usize {
        // Others wait for a thread that processes: its heap notices its exit.
        self.heap();
        self.shared.deferred.process(limit)
    }

    /// What became of deferred values so far.
    pub fn deferred_stats(&self) -> DeferredStats {
        self.shared.deferred.stats()
    }

    /// Runs what is due in the outermost frame of the driving thread.
    #[cold]
    #[inline(never)]
    pub(super) fn run_deferred_work(&self) {
        if self.heap().drives_outermost_frame() {
            self.shared.deferred.process_due();
        }
    }

    /// Runs what is due, then ends the frame, also when a destructor panics.
    #[cold]
    #[inline(never)]
    pub(super) fn end_frame_after_deferred_work(&self, location: &'static Location<'static>) {
        struct End<'a>(&'a SmartAlloc, &'static Location<'static>);
        impl Drop for End<'_> {
            fn drop(&mut self) {
                self.0.heap().end(self.1);
            }
        }
        let _end = End(self, location);
        self.run_deferred_work();
    }
}

impl TaggedAllocator {
    /// [`SmartAlloc::frame_box_for_transfer`] under the tag.
    #[track_caller]
    pub fn frame_box_for_transfer<T: Send + 'static>(
        &self,
        value: impl Transferable<T>,
    ) -> TransferHandle<T> {
        let _scope = self.scope();
        self.alloc().frame_box_for_transfer(value)
    }

    /// [`SmartAlloc::try_frame_box_for_transfer`] under the tag.
    #[track_caller]
    pub fn try_frame_box_for_transfer<T: Send + 'static>(
        &self,
        value: impl Transferable<T>,
    ) -> Result<TransferHandle<T>, AllocError> {
        let _scope = self.scope();
        self.alloc().try_frame_box_for_transfer(value)
    }

    /// [`SmartAlloc::deferred_box`] under the tag.
    #[track_caller]
    pub fn deferred_box<T: Send + 'static>(&self, value: T) -> DeferredBox<T> {
        let _scope = self.scope();
        self.alloc().deferred_box(value)
    }

    /// [`SmartAlloc::try_deferred_box`] under the tag.
    pub fn try_deferred_box<T: Send + 'static>(&self, value: T) -> Result<DeferredBox<T>, AllocError> {
        let _scope = self.scope();
        self.alloc().try_deferred_box(value)
    }
}
