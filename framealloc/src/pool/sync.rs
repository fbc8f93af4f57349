//! Locking without poison: the standard library's lock, or parking_lot's with that feature. The models of loom replace
//! either. No code that can panic runs under the pool's locks, and what they guard is valid at each step (F7).

#![forbid(unsafe_code)]

#[cfg(any(not(feature = "parking_lot"), all(framealloc_loom, test)))]
pub(super) use crate::sys::sync::{Mutex, lock};
#[cfg(all(feature = "parking_lot", not(all(framealloc_loom, test))))]
pub(super) use parking_lot::{Mutex, MutexGuard};

/// Locks.
#[cfg(all(feature = "parking_lot", not(all(framealloc_loom, test))))]
#[inline]
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock()
}
