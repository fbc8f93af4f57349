//! The atomics and locks that the models of loom replace. The models are unit tests, so that loom stays a
//! dev-dependency.

use std::sync::PoisonError;

#[cfg(all(framealloc_loom, test))]
pub(crate) use loom::sync::{
    Condvar, Mutex, MutexGuard,
    atomic::{AtomicPtr, AtomicU8, AtomicU32, AtomicU64, Ordering},
};

#[cfg(not(all(framealloc_loom, test)))]
pub(crate) use core::sync::atomic::{AtomicPtr, AtomicU8, AtomicU32, AtomicU64, Ordering};
#[cfg(not(all(framealloc_loom, test)))]
pub(crate) use std::sync::{Condvar, Mutex, MutexGuard};

/// Locks. A poisoned lock is taken as it is: for data that is valid at each step.
#[inline]
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
