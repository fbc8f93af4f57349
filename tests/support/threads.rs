//! Threads, and panics that are expected.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::thread;

/// Runs `work` on a thread of its own and waits until the thread is gone, the destructors of its thread-locals included
/// (which the end of a `thread::scope` alone does not wait for).
pub fn on_thread<R: Send>(work: impl FnOnce() -> R + Send) -> R {
    let result = thread::scope(|scope| scope.spawn(work).join());
    result.unwrap_or_else(|payload| resume_unwind(payload))
}

/// The text of a panic.
pub fn panic_text(payload: &(dyn Any + Send)) -> String {
    match (payload.downcast_ref::<String>(), payload.downcast_ref::<&str>()) {
        (Some(text), _) => text.clone(),
        (_, Some(text)) => (*text).to_owned(),
        _ => "(a panic without text)".to_owned(),
    }
}

/// Runs `work`, which panics, and returns the text.
#[track_caller]
pub fn caught<R>(work: impl FnOnce() -> R) -> String {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(_) => panic!("this should have panicked"),
        Err(payload) => panic_text(&*payload),
    }
}
