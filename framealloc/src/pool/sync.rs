//! Locking without poison.

#![forbid(unsafe_code)]

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks. A poisoned lock is taken as it is: no code that can panic runs under the pool's locks, and what they guard is
/// valid at each step (F7).
#[inline]
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
