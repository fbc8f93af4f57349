//! The panics of foreign code, kept until what they interrupted is done.
//!
//! The payload of a panic is foreign too: its destructor may panic, and that again with such a payload. No payload is
//! therefore dropped but by [`discard`].

use core::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

/// Drops a payload; the panic of its destructor goes no further.
pub(crate) fn discard(payload: Box<dyn Any + Send>) {
    if let Err(second) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        core::mem::forget(second);
    }
}

/// The first of the panics that were caught; further ones are discarded, and what nobody resumes as well.
#[must_use]
#[derive(Default)]
pub(crate) struct Caught(Option<Box<dyn Any + Send>>);

impl Caught {
    /// Runs `work`; `None` when it panicked.
    pub(crate) fn catch<R>(&mut self, work: impl FnOnce() -> R) -> Option<R> {
        match catch_unwind(AssertUnwindSafe(work)) {
            Ok(result) => Some(result),
            Err(payload) => {
                self.keep(payload);
                None
            }
        }
    }

    /// Adds what was caught elsewhere, later.
    pub(crate) fn add(&mut self, mut other: Self) {
        if let Some(payload) = other.0.take() {
            self.keep(payload);
        }
    }

    fn keep(&mut self, payload: Box<dyn Any + Send>) {
        match self.0 {
            None => self.0 = Some(payload),
            Some(_) => discard(payload),
        }
    }

    /// Whether there was a panic.
    pub(crate) fn is_some(&self) -> bool {
        self.0.is_some()
    }

    /// Goes on with the panic, if there was one. While the thread unwinds for another reason, that one goes on.
    pub(crate) fn resume(mut self) {
        if !std::thread::panicking()
            && let Some(payload) = self.0.take()
        {
            resume_unwind(payload);
        }
    }
}

impl Drop for Caught {
    fn drop(&mut self) {
        if let Some(payload) = self.0.take() {
            discard(payload);
        }
    }
}
