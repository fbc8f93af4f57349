//! What is leaked on purpose stays reachable, so that leak checkers see only what is leaked by mistake.

use std::any::Any;
use std::sync::Mutex;

struct Grave(#[expect(dead_code, reason = "kept, never used")] Box<dyn Any>);

// SAFETY: what lies in a grave is never touched again.
unsafe impl Send for Grave {}

static GRAVES: Mutex<Vec<Grave>> = Mutex::new(Vec::new());

/// Keeps `value` for ever without dropping it: `mem::forget` for leak checkers.
pub fn bury<T: 'static>(value: T) {
    GRAVES.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).push(Grave(Box::new(value)));
}
