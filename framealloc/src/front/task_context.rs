//! The context of one thread, carried to others.

#![forbid(unsafe_code)]

use core::fmt;
use core::marker::PhantomData;

use super::scopes::{PhaseGuard, TagGuard};
use super::smart_alloc::{EnterGuard, SmartAlloc};
use crate::error::AllocError;
use crate::frame::{FrameMemoryStaysOnItsThread, or_fail};
use crate::phase::PhaseId;
use crate::tag::TagId;

/// What a thread is doing in an allocator: its tag and its phase. Entered on another thread, what that thread allocates is
/// charged to them, and so to the budgets of the tag and of those above it.
///
/// A task pool's threads are in no tag of their own: what a parallel loop allocates would be charged to nobody. Capture
/// the context outside of the loop, enter it inside.
///
/// ```
/// use framealloc::{SmartAlloc, TaskContext};
/// use rayon::prelude::*;
///
/// let alloc = SmartAlloc::with_defaults();
/// let _physics = alloc.tag_scope("physics");
/// let context = TaskContext::of(&alloc);
/// let contacts: usize = (0..100_u32)
///     .into_par_iter()
///     .map(|body| {
///         let _context = context.enter();
///         let frame = alloc.frame();
///         frame.slice_from_fn(10, |i| body + i as u32).len()
///     })
///     .sum();
/// assert_eq!(contacts, 1000);
/// assert_eq!(alloc.tag_stats("physics").unwrap().frame.allocated_bytes, 4000);
/// ```
///
/// What is not carried: the budget of a running system, which belongs to that run on its thread, and the captured
/// thread's own budgets. A phase's budget is per thread as ever, and its duration sums over the threads that are in it.
#[derive(Clone)]
pub struct TaskContext {
    alloc: SmartAlloc,
    tag: TagId,
    phase: PhaseId,
}

impl TaskContext {
    /// The tag and the phase of this thread in the current allocator (see [`SmartAlloc::current`]).
    ///
    /// # Panics
    ///
    /// When no allocator is current.
    #[must_use]
    #[track_caller]
    pub fn capture() -> Self {
        or_fail!(Self::try_capture())
    }

    /// [`TaskContext::capture`] with an error instead of a panic.
    ///
    /// # Errors
    ///
    /// [`AllocError::Unsupported`] when no allocator is current.
    pub fn try_capture() -> Result<Self, AllocError> {
        SmartAlloc::current().as_ref().map(Self::of).ok_or(AllocError::Unsupported {
            what: "capturing a context without a current allocator: call `alloc.enter()` on this thread (or \
                   `alloc.install()` once) before, or write `TaskContext::of(&alloc)`",
        })
    }

    /// The tag and the phase of this thread in `alloc`.
    #[must_use]
    pub fn of(alloc: &SmartAlloc) -> Self {
        let heap = alloc.heap();
        Self { alloc: alloc.clone(), tag: heap.current_tag(), phase: heap.current_phase() }
    }

    /// Makes the allocator current on this thread, and the tag and the phase those that it charges, until the guard is
    /// dropped. Then everything is as it was before, whatever that was.
    ///
    /// Cost: a switch of tag and one of phase, and a push each; a few hundred instructions. Enter once per task, not per
    /// allocation.
    ///
    /// # Panics
    ///
    /// When there is no memory for the entry.
    #[track_caller]
    pub fn enter(&self) -> TaskGuard {
        let current = self.alloc.enter();
        let tag = or_fail!(TagGuard::enter(&self.alloc, self.tag));
        let phase = or_fail!(PhaseGuard::enter(&self.alloc, self.phase));
        TaskGuard { not_send: PhantomData, _phase: phase, _tag: tag, _current: current }
    }

    /// The allocator.
    pub fn alloc(&self) -> &SmartAlloc {
        &self.alloc
    }
}

impl fmt::Debug for TaskContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskContext")
            .field("tag", &self.alloc.shared.tags.path(self.tag))
            .field("phase", &self.alloc.shared.phases.name(self.phase))
            .finish_non_exhaustive()
    }
}

/// While it lives, this thread is in the context that was entered. Leaving it leaves what was entered after it too. Stays
/// on its thread.
#[derive(Debug)]
#[must_use = "the context is left when the guard is dropped"]
pub struct TaskGuard {
    /// First, because it is the reason that the compiler gives.
    not_send: PhantomData<dyn FrameMemoryStaysOnItsThread>,
    // Dropped in this order.
    _phase: PhaseGuard<'static>,
    _tag: TagGuard<'static>,
    _current: EnterGuard,
}
