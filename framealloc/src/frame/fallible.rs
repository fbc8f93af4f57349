//! Container operations that return an error where the infallible form panics.
//!
//! The containers abort when their allocator returns an error from an infallible call, so [`FrameRef`] panics instead,
//! unless the very reference that allocates is the one a `try_` form named. Naming the reference, and not setting a
//! flag, keeps a `Hash` or `Clone` that runs meanwhile, and allocates in the same frame, on the panicking form.

#![expect(unsafe_code, reason = "reaches the core while the container is borrowed mutably")]

use core::ptr::{self, NonNull};

use super::reference::FrameRef;
use crate::error::AllocError;
use crate::raw::core::Core;

/// While it lives, allocations through one reference return errors.
pub(crate) struct Fallible {
    core: NonNull<Core>,
    previous: *const (),
}

impl Fallible {
    /// Names `reference`, which must neither move nor drop before the guard does.
    pub(crate) fn name(reference: &FrameRef<'_>) -> Self {
        let core = reference.core();
        let previous = core.fallible.replace(ptr::from_ref(reference).cast());
        // The count keeps the core alive while the guard points to it.
        core.retain();
        Self { core: NonNull::from(core), previous }
    }

    /// What went wrong, after the container reported a failure while asking for room for `additional` more `T`.
    pub(crate) fn error<T>(&self, additional: usize) -> AllocError {
        // SAFETY: F2, F5: the guard counts, so the core and its owner are alive.
        let remembered = unsafe { self.core.as_ref().owner.get().as_ref() }.take_error();
        remembered.unwrap_or_else(|| AllocError::overflow::<T>(additional))
    }
}

impl Drop for Fallible {
    fn drop(&mut self) {
        // SAFETY: F2: the guard counts.
        let core = unsafe { self.core.as_ref() };
        core.fallible.set(self.previous);
        core.release();
    }
}
