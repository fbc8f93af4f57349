//! Retention: values with a declared future.

#![forbid(unsafe_code)]

use super::promotion::Retained;
use super::smart_alloc::SmartAlloc;
use crate::error::AllocError;
use crate::frame::{Frame, fail};
use crate::retention::{Importance, RetentionPolicy};

/// The name of a value that was retained without one.
const UNNAMED: &str = "(unnamed)";

/// What can be retained: any `T: Send + 'static`. Implemented for nothing else.
///
/// A promoted value outlives its frame and may be taken on another thread.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be retained",
    label = "bound to its thread",
    note = "a retained value outlives its frame and may be taken on another thread: it is `Send + 'static`",
    note = "copy frame memory out first (`to_vec()`), and take `Arc` for `Rc`"
)]
pub trait OutlivesItsFrame: Send + 'static {}

// Else the compiler would talk of the first part that is not `Send`.
#[diagnostic::do_not_recommend]
impl<T: Send + 'static> OutlivesItsFrame for T {}

impl Frame {
    /// Moves `value` into the frame; at the frame's end it goes where `policy` says. Taken by the name `(unnamed)`.
    #[track_caller]
    pub fn retain<T: OutlivesItsFrame>(&self, value: T, policy: RetentionPolicy) -> Retained<'_, T> {
        self.retain_named(UNNAMED, value, policy)
    }

    /// Moves `value` into the frame; at the frame's end it goes where `policy` says, and waits under `name` until
    /// somebody takes it.
    ///
    /// # Panics
    ///
    /// When memory or a budget is refused.
    #[track_caller]
    pub fn retain_named<T: OutlivesItsFrame>(
        &self,
        name: &'static str,
        value: T,
        policy: RetentionPolicy,
    ) -> Retained<'_, T> {
        self.try_retain_named(name, value, policy).unwrap_or_else(|(_, error)| fail(error))
    }

    /// [`Frame::retain_named`] that gives the value back when memory or a budget is refused.
    ///
    /// # Errors
    ///
    /// The value, and why it was refused.
    pub fn try_retain_named<T: OutlivesItsFrame>(
        &self,
        name: &'static str,
        value: T,
        policy: RetentionPolicy,
    ) -> Result<Retained<'_, T>, (T, AllocError)> {
        Retained::new(name, value, policy, self.frame_ref())
    }
}

impl SmartAlloc {
    /// Moves `value` into the ambient frame; at the frame's end it goes where `policy` says, if its handle was dropped or
    /// released by then. Taken by the name `(unnamed)`.
    #[track_caller]
    pub fn frame_retained<T: OutlivesItsFrame>(&self, value: T, policy: RetentionPolicy) -> Retained<'_, T> {
        self.frame_retained_named(UNNAMED, value, policy)
    }

    /// [`SmartAlloc::frame_retained`] with a name to take it by.
    ///
    /// # Panics
    ///
    /// When memory or a budget is refused.
    #[track_caller]
    pub fn frame_retained_named<T: OutlivesItsFrame>(
        &self,
        name: &'static str,
        value: T,
        policy: RetentionPolicy,
    ) -> Retained<'_, T> {
        self.try_frame_retained_named(name, value, policy).unwrap_or_else(|(_, error)| fail(error))
    }

    /// [`SmartAlloc::frame_retained_named`] that gives the value back when memory or a budget is refused.
    ///
    /// # Errors
    ///
    /// The value, and why it was refused.
    #[track_caller]
    pub fn try_frame_retained_named<T: OutlivesItsFrame>(
        &self,
        name: &'static str,
        value: T,
        policy: RetentionPolicy,
    ) -> Result<Retained<'_, T>, (T, AllocError)> {
        match self.try_frame_ref() {
            Ok(frame) => Retained::new(name, value, policy, frame),
            Err(error) => Err((value, error)),
        }
    }

    /// [`SmartAlloc::frame_retained`] with the policy that `importance` stands for.
    #[track_caller]
    pub fn frame_with_importance<T: OutlivesItsFrame>(
        &self,
        value: T,
        importance: Importance,
    ) -> Retained<'_, T> {
        self.frame_retained(value, importance.into())
    }
}
