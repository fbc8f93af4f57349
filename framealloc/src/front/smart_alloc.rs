//! The handle users hold.

#![expect(unsafe_code, reason = "reaches the heap of this thread")]

use core::fmt;
use core::marker::PhantomData;
use core::ptr::NonNull;
use std::sync::{Arc, OnceLock};

use super::config::AllocConfig;
use super::shared::Shared;
use super::thread::{ThreadHeap, local};
use crate::diagnostics::Diagnostics;
use crate::error::AllocError;
use crate::frame::or_fail;
use crate::frame::{Frame, FrameMemoryStaysOnItsThread};

/// An allocator for one engine: frames, pools and heap blocks with tags, phases and budgets.
///
/// Cloning is cheap and gives the same allocator; it may be used from any thread. Several allocators are independent of
/// each other, also on one thread.
///
/// ```
/// use framealloc::SmartAlloc;
///
/// let alloc = SmartAlloc::with_defaults();
/// for _ in 0..3 {
///     let frame = alloc.frame();
///     let mut visible = frame.vec();
///     visible.extend(0..100_u32);
///     assert_eq!(visible.len(), 100);
/// }
/// ```
#[derive(Clone)]
pub struct SmartAlloc {
    pub(super) shared: Arc<Shared>,
    #[cfg(feature = "debug")]
    _handles: Arc<super::leaks::Handles>,
}

static INSTALLED: OnceLock<SmartAlloc> = OnceLock::new();

impl SmartAlloc {
    /// An allocator with these settings.
    ///
    /// # Errors
    ///
    /// [`AllocError::InvalidConfig`] names the field that cannot work; [`AllocError::Unsupported`] what this platform
    /// cannot do.
    pub fn new(config: AllocConfig) -> Result<Self, AllocError> {
        Shared::new(config).map(Self::of)
    }

    /// One more handle of an allocator.
    fn of(shared: Arc<Shared>) -> Self {
        Self {
            #[cfg(feature = "debug")]
            _handles: super::leaks::Handles::of(&shared),
            shared,
        }
    }

    /// An allocator with the default settings.
    ///
    /// # Panics
    ///
    /// When the environment variable `FRAMEALLOC_STRICT` has a value that means nothing.
    #[track_caller]
    pub fn with_defaults() -> Self {
        or_fail!(Self::new(AllocConfig::default()))
    }

    /// The state of this thread.
    #[inline(always)]
    pub(super) fn heap(&self) -> &ThreadHeap {
        // SAFETY: F5: the thread keeps its heap until it exits; the reference stays on this thread, where nothing that
        // calls the thread's exit can run while it is used.
        unsafe { local::heap(&self.shared).as_ref() }
    }

    #[inline(always)]
    pub(super) fn heap_ptr(&self) -> NonNull<ThreadHeap> {
        local::heap(&self.shared)
    }

    /// Opens a scoped frame.
    ///
    /// Cost: a few nanoseconds.
    ///
    /// # Panics
    ///
    /// When there is no memory for its first chunk.
    #[inline]
    #[track_caller]
    pub fn frame(&self) -> Frame {
        or_fail!(self.try_frame())
    }

    /// The same as [`SmartAlloc::frame`].
    #[inline]
    pub fn frame_scope(&self) -> Frame {
        self.frame()
    }

    /// Opens a scoped frame.
    ///
    /// # Errors
    ///
    /// [`AllocError::OutOfMemory`] when there is no memory for its first chunk.
    #[inline]
    pub fn try_frame(&self) -> Result<Frame, AllocError> {
        let core = self.heap().open_scoped()?;
        // SAFETY: F2: the core was just opened for this frame.
        Ok(unsafe { Frame::from_core(core) })
    }

    /// Makes this the current allocator of the thread until the guard is dropped: what a system without an allocator
    /// parameter uses.
    ///
    /// ```
    /// use framealloc::{SmartAlloc, frame_system};
    ///
    /// #[frame_system(tag = "ai")]
    /// fn think() -> usize {
    ///     #[frame_local]
    ///     let mut plan: Vec<u32>;
    ///     plan.push(1);
    ///     plan.len()
    /// }
    ///
    /// let alloc = SmartAlloc::with_defaults();
    /// let _current = alloc.enter();
    /// assert_eq!(think(), 1);
    /// ```
    ///
    /// # Panics
    ///
    /// When there is no memory for the entry.
    #[track_caller]
    pub fn enter(&self) -> EnterGuard {
        let serial = or_fail!(local::enter(self.heap_ptr()));
        EnterGuard { serial, not_send: PhantomData }
    }

    /// Makes this the current allocator of every thread that has not entered another one. Once per process.
    ///
    /// # Errors
    ///
    /// [`AllocError::Unsupported`] when an allocator is installed already.
    pub fn install(&self) -> Result<(), AllocError> {
        let refused =
            AllocError::Unsupported { what: "a second process-wide allocator: `install` works once" };
        INSTALLED.set(self.clone()).map_err(|_| refused)
    }

    /// The current allocator of this thread: the one entered last, else the installed one.
    pub fn current() -> Option<SmartAlloc> {
        match local::entered() {
            // SAFETY: F5: entries keep their heap.
            Some(heap) => Some(Self::of(unsafe { heap.as_ref() }.shared.clone())),
            None => INSTALLED.get().cloned(),
        }
    }

    /// The heap of the current allocator of this thread.
    #[inline(always)]
    pub(super) fn current_heap() -> Option<NonNull<ThreadHeap>> {
        local::entered().or_else(|| INSTALLED.get().map(SmartAlloc::heap_ptr))
    }

    /// Where reports go: sinks, counts, strict mode.
    pub fn diagnostics(&self) -> &Diagnostics {
        &self.shared.diagnostics
    }
}

impl Default for SmartAlloc {
    fn default() -> Self {
        Self::with_defaults()
    }
}

impl fmt::Debug for SmartAlloc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmartAlloc")
            .field("id", &self.shared.id)
            .field("frame_number", &self.shared.clock.number())
            .finish_non_exhaustive()
    }
}

/// While it lives, [`SmartAlloc::current`] is the allocator that was entered. Guards may be dropped in any order: dropping
/// one leaves what was entered after it too.
#[derive(Debug)]
pub struct EnterGuard {
    serial: u64,
    not_send: PhantomData<dyn FrameMemoryStaysOnItsThread>,
}

impl Drop for EnterGuard {
    fn drop(&mut self) {
        local::leave(self.serial);
    }
}
