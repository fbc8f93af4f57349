//! Frames in a pipeline: one thread writes a frame while others read the ones before.

#![forbid(unsafe_code)]

use core::fmt;

use super::share::{FrameHandle, ReadGuard};
use super::smart_alloc::SmartAlloc;
use crate::error::AllocError;
use crate::frame::or_fail;
use crate::sys::sync::{Mutex, lock};

/// A value per frame, readable on every thread for `N - 1` further frames: `FramePipeline<Scene, 2>` double-buffers for a
/// renderer that is one frame behind.
///
/// The values are in the ambient frame memory of the thread that writes them; `N` frames' worth of it is in use. A reader
/// that falls behind finds `None`, never another frame's value; one that holds its [`ReadGuard`] longer keeps that frame's
/// memory as long.
///
/// ```
/// use framealloc::{FramePipeline, SmartAlloc};
///
/// let alloc = SmartAlloc::with_defaults();
/// let scenes = FramePipeline::<Vec<u64>, 2>::new(&alloc);
/// for _ in 0..10 {
///     alloc.begin_frame();
///     let frame = alloc.frame_number();
///     std::thread::scope(|scope| {
///         // The renderer draws the last frame ...
///         scope.spawn(|| {
///             let last = scenes.read(frame - 1).map(|scene| scene[0]);
///             assert_eq!(last, (frame > 1).then(|| frame - 1));
///         });
///         // ... while this one is made.
///         scenes.write(vec![frame; 100]);
///     });
///     alloc.end_frame();
/// }
/// ```
pub struct FramePipeline<T, const N: usize> {
    alloc: SmartAlloc,
    /// What was written last in the frames whose number is the index modulo `N`.
    written: Mutex<[Option<Written<T>>; N]>,
}

struct Written<T> {
    frame: u64,
    handle: FrameHandle<T>,
}

impl<T> Copy for Written<T> {}

impl<T> Clone for Written<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T, const N: usize> FramePipeline<T, N> {
    /// An empty pipeline in the frames of `alloc`.
    #[must_use]
    pub fn new(alloc: &SmartAlloc) -> Self
    where
        T: Send + Sync + 'static,
    {
        const {
            assert!(
                N > 0,
                "a pipeline of no frames cannot be read: `FramePipeline<T, 2>` holds this one and the last"
            );
        }
        Self { alloc: alloc.clone(), written: Mutex::new([None; N]) }
    }

    fn index(frame: u64) -> usize {
        (frame % N as u64) as usize
    }
}

impl<T: Send + Sync + 'static, const N: usize> FramePipeline<T, N> {
    /// Moves `value` into the ambient frame of this thread, as the current frame's. Of several in one frame, readers find
    /// the one that was written last.
    ///
    /// Cost: [`SmartAlloc::share_for`] and an uncontended lock.
    ///
    /// # Panics
    ///
    /// When memory or a budget is refused.
    #[track_caller]
    pub fn write(&self, value: T) -> FrameHandle<T> {
        or_fail!(self.try_write(value))
    }

    /// [`FramePipeline::write`] with an error instead of a panic.
    ///
    /// # Errors
    ///
    /// [`AllocError`] when memory or a budget is refused; `value` is dropped then, and what was written before stays.
    #[track_caller]
    pub fn try_write(&self, value: T) -> Result<FrameHandle<T>, AllocError> {
        let frame = self.alloc.frame_number();
        let handle = self.alloc.try_share_for(value, N as u64 - 1)?;
        lock(&self.written)[Self::index(frame)] = Some(Written { frame, handle });
        Ok(handle)
    }

    /// What frame `frame` wrote, if it did and that is still there.
    pub fn read(&self, frame: u64) -> Option<ReadGuard<'_, T>> {
        let written = lock(&self.written)[Self::index(frame)]?;
        if written.frame == frame { written.handle.read(&self.alloc) } else { None }
    }

    /// The latest value that is there, and its frame.
    pub fn latest(&self) -> Option<(u64, ReadGuard<'_, T>)> {
        let mut written = *lock(&self.written);
        written.sort_unstable_by_key(|written| written.map_or(0, |written| written.frame));
        written
            .into_iter()
            .rev()
            .flatten()
            .find_map(|written| Some((written.frame, written.handle.read(&self.alloc)?)))
    }
}

impl<T, const N: usize> fmt::Debug for FramePipeline<T, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FramePipeline").field("frames", &N).finish_non_exhaustive()
    }
}
