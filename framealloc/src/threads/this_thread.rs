//! Who the calling thread is, and whether it runs deferred destructors. The models of loom run all their threads on one.

#![forbid(unsafe_code)]

use core::cell::Cell;

#[cfg(not(all(framealloc_loom, test)))]
mod local {
    use super::Cell;

    pub(super) use crate::sys::ids::thread_number as number;

    thread_local! {
        static RUNNING: Cell<u32> = const { Cell::new(0) };
    }

    pub(super) fn with_running<R>(work: impl FnOnce(&Cell<u32>) -> R) -> R {
        // No destructor, so it can be used while the thread's other locals are destroyed.
        RUNNING.with(work)
    }
}

#[cfg(all(framealloc_loom, test))]
mod local {
    use super::Cell;
    use core::sync::atomic::{AtomicU64, Ordering};

    static NEXT: AtomicU64 = AtomicU64::new(1);

    loom::thread_local! {
        static NUMBER: u64 = NEXT.fetch_add(1, Ordering::Relaxed);
        static RUNNING: Cell<u32> = Cell::new(0);
    }

    pub(super) fn number() -> u64 {
        NUMBER.with(|number| *number)
    }

    pub(super) fn with_running<R>(work: impl FnOnce(&Cell<u32>) -> R) -> R {
        RUNNING.with(work)
    }
}

/// This thread's number: never 0, never reused.
pub(super) fn number() -> u64 {
    local::number()
}

/// Whether a destructor that runs from a queue is below this call.
pub(super) fn is_running() -> bool {
    local::with_running(|running| running.get() > 0)
}

/// While it lives, [`is_running`] is true on this thread.
pub(super) struct Running(());

impl Running {
    pub(super) fn enter() -> Self {
        local::with_running(|running| running.set(running.get() + 1));
        Self(())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        local::with_running(|running| running.set(running.get() - 1));
    }
}
