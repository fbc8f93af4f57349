//! What is leaked on purpose stays reachable, so that leak checkers see only what is leaked by mistake.

use std::sync::Mutex;

struct Grave(#[expect(dead_code, reason = "kept, never used")] *mut ());

// SAFETY: what lies in a grave is never touched again.
unsafe impl Send for Grave {}

static GRAVES: Mutex<Vec<Grave>> = Mutex::new(Vec::new());

/// Keeps `value` for ever without dropping it: `mem::forget` for leak checkers.
pub fn bury<T>(value: T) {
    exhume(value);
}

/// [`bury`] that lends the value for ever.
pub fn exhume<'a, T: 'a>(value: T) -> &'a mut T {
    let value = Box::leak(Box::new(value));
    let grave = Grave(std::ptr::from_mut(value).cast());
    GRAVES.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).push(grave);
    value
}
