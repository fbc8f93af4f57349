//! Locking without poison: the standard library's lock, or parking_lot's with that feature.

#![forbid(unsafe_code)]

#[cfg(feature = "parking_lot")]
pub(super) use parking_lot::{Mutex, MutexGuard};
#[cfg(not(feature = "parking_lot"))]
pub(super) use std::sync::{Mutex, MutexGuard};

/// Locks. A poisoned lock is taken as it is: no code that can panic runs under the pool's locks, and what they guard is
/// valid at each step (F7).
#[inline]
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    #[cfg(feature = "parking_lot")]
    let guard = mutex.lock();
    #[cfg(not(feature = "parking_lot"))]
    let guard = mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    guard
}
