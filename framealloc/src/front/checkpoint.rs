//! Checkpoints and speculation on the ambient frame.

#![expect(unsafe_code, reason = "reaches the heap a guard keeps")]

use core::fmt;
use core::marker::PhantomData;
use core::panic::Location;
use core::ptr::NonNull;

use super::smart_alloc::SmartAlloc;
use super::thread::{SegmentKey, ThreadHeap, Unkeep};
use crate::error::AllocError;
use crate::frame::FrameMemoryStaysOnItsThread;
use crate::frame::or_fail;

/// A point in the ambient frame of one thread to roll back to.
///
/// What is allocated after it lives in a segment of its own. A checkpoint that nobody rolls back is committed when the
/// frame ends. It stays on its thread.
#[derive(Clone)]
pub struct Checkpoint {
    key: SegmentKey,
    allocator: u64,
    not_send: PhantomData<dyn FrameMemoryStaysOnItsThread>,
}

impl fmt::Debug for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Checkpoint").field("serial", &self.key.serial).finish_non_exhaustive()
    }
}

impl SmartAlloc {
    /// Marks this point of the ambient frame.
    ///
    /// ```
    /// use framealloc::SmartAlloc;
    ///
    /// let alloc = SmartAlloc::with_defaults();
    /// alloc.begin_frame();
    /// let checkpoint = alloc.frame_checkpoint();
    /// let guess = alloc.frame_box([0_u8; 1000]);
    /// assert!(alloc.rollback_to(&checkpoint).is_err(), "`guess` is alive");
    ///
    /// let checkpoint = alloc.frame_checkpoint();
    /// drop(alloc.frame_box([0_u8; 1000]));
    /// alloc.rollback_to(&checkpoint).expect("nothing since then is alive");
    /// # drop(guess);
    /// # alloc.end_frame();
    /// ```
    ///
    /// # Panics
    ///
    /// When there is no memory for the segment's first chunk (4 KiB).
    #[track_caller]
    pub fn frame_checkpoint(&self) -> Checkpoint {
        or_fail!(self.try_frame_checkpoint())
    }

    /// Marks this point of the ambient frame.
    ///
    /// # Errors
    ///
    /// [`AllocError::OutOfMemory`] when there is no memory for the segment's first chunk.
    #[track_caller]
    pub fn try_frame_checkpoint(&self) -> Result<Checkpoint, AllocError> {
        let key = self.heap().checkpoint(Location::caller())?;
        Ok(Checkpoint { key, allocator: self.shared.id, not_send: PhantomData })
    }

    /// Gives back everything that was allocated in the ambient frame since `checkpoint`, which is used up.
    ///
    /// # Errors
    ///
    /// [`AllocError::StaleCheckpoint`] when the checkpoint is gone or of another allocator.
    /// [`AllocError::HandlesAlive`] when handles are alive: the memory they are in goes when they drop, the rest is given
    /// back at once.
    pub fn rollback_to(&self, checkpoint: &Checkpoint) -> Result<(), AllocError> {
        if checkpoint.allocator != self.shared.id {
            return Err(AllocError::StaleCheckpoint);
        }
        self.heap().roll_back(checkpoint.key)
    }

    /// Makes what was allocated since `checkpoint` part of the frame; the checkpoint is used up.
    ///
    /// # Errors
    ///
    /// [`AllocError::StaleCheckpoint`] when the checkpoint is gone or of another allocator.
    pub fn commit(&self, checkpoint: &Checkpoint) -> Result<(), AllocError> {
        if checkpoint.allocator != self.shared.id {
            return Err(AllocError::StaleCheckpoint);
        }
        self.heap().commit(checkpoint.key)
    }

    /// A checkpoint that rolls back when it is dropped, unless it was committed.
    #[track_caller]
    pub fn checkpoint_guard(&self) -> CheckpointGuard<'_> {
        let key = or_fail!(self.heap().checkpoint(Location::caller()));
        let heap = self.heap();
        heap.keep();
        CheckpointGuard {
            heap: NonNull::from(heap),
            key: Some(key),
            alloc: PhantomData,
            not_send: PhantomData,
        }
    }

    /// Runs `work` and gives back what it allocated in the ambient frame if it fails or panics.
    ///
    /// # Errors
    ///
    /// What `work` returns.
    #[track_caller]
    pub fn speculative<T, E>(&self, work: impl FnOnce() -> Result<T, E>) -> SpeculativeResult<T, E> {
        let guard = self.checkpoint_guard();
        let value = work()?;
        guard.commit();
        Ok(value)
    }
}

/// What [`SmartAlloc::speculative`] returns: the result of the attempt.
pub type SpeculativeResult<T, E> = Result<T, E>;

/// Rolls the ambient frame back when it is dropped, unless it was committed.
///
/// Handles that are alive then keep the memory they are in.
pub struct CheckpointGuard<'a> {
    heap: NonNull<ThreadHeap>,
    key: Option<SegmentKey>,
    alloc: PhantomData<&'a SmartAlloc>,
    not_send: PhantomData<dyn FrameMemoryStaysOnItsThread>,
}

impl CheckpointGuard<'_> {
    fn heap(&self) -> &ThreadHeap {
        // SAFETY: F5: the guard keeps the heap.
        unsafe { self.heap.as_ref() }
    }

    /// Keeps what was allocated since.
    pub fn commit(mut self) {
        if let Some(key) = self.key.take() {
            // A checkpoint that is gone has nothing to keep: the frame it was in is over.
            let _gone = self.heap().commit(key);
        }
    }

    /// Gives back what was allocated since, and says whether handles were in the way.
    ///
    /// # Errors
    ///
    /// As [`SmartAlloc::rollback_to`].
    pub fn rollback(mut self) -> Result<(), AllocError> {
        match self.key.take() {
            Some(key) => self.heap().roll_back(key),
            None => Ok(()),
        }
    }
}

impl Drop for CheckpointGuard<'_> {
    fn drop(&mut self) {
        // SAFETY: F5: the guard keeps the heap until the end of this function.
        let heap = unsafe { self.heap.as_ref() };
        // SAFETY: F5: the guard's keep, given up although a destructor panics.
        let _unkeep = unsafe { Unkeep::new(heap) };
        if let Some(key) = self.key.take() {
            // Handles that are alive keep their memory; a checkpoint that is gone has nothing to give back.
            let _kept = heap.roll_back(key);
        }
    }
}

impl fmt::Debug for CheckpointGuard<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CheckpointGuard").finish_non_exhaustive()
    }
}
