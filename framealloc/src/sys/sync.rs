//! The atomics that the models of loom replace. The models are unit tests, so that loom stays a dev-dependency.

#[cfg(all(framealloc_loom, test))]
pub(crate) use loom::sync::atomic::{AtomicPtr, AtomicU8, AtomicU64, Ordering};

#[cfg(not(all(framealloc_loom, test)))]
pub(crate) use core::sync::atomic::{AtomicPtr, AtomicU8, AtomicU64, Ordering};
