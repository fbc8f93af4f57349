//! Callbacks of users, called with no lock held.

#![forbid(unsafe_code)]

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Mutex, PoisonError};

type Callback<E> = Arc<dyn Fn(&E) + Send + Sync>;

/// Names a callback, so that it can be removed again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CallbackId(u64);

/// The callbacks for one kind of event.
pub(crate) struct Callbacks<E>(Mutex<List<E>>);

struct List<E> {
    entries: Arc<[(CallbackId, Callback<E>)]>,
    last: u64,
}

impl<E> Default for Callbacks<E> {
    fn default() -> Self {
        Self(Mutex::new(List { entries: Arc::new([]), last: 0 }))
    }
}

impl<E> Callbacks<E> {
    pub(crate) fn add(&self, callback: impl Fn(&E) + Send + Sync + 'static) -> CallbackId {
        let callback: Callback<E> = Arc::new(callback);
        let mut list = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        list.last += 1;
        let id = CallbackId(list.last);
        list.entries = list.entries.iter().cloned().chain([(id, callback)]).collect();
        id
    }

    /// Removes a callback; whether there was one.
    pub(crate) fn remove(&self, id: CallbackId) -> bool {
        let mut list = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let rest = list.entries.iter().filter(|(other, _)| *other != id).cloned().collect();
        let before = core::mem::replace(&mut list.entries, rest);
        let removed = list.entries.len() < before.len();
        drop(list);
        // The callback is dropped after the lock: it may hold anything.
        drop(before);
        removed
    }

    /// Calls every callback with each event. A panic of one keeps nothing from the others, and goes on afterwards.
    pub(crate) fn call(&self, events: &[E]) {
        let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner).entries.clone();
        let mut panic = None;
        for (event, (_, callback)) in
            events.iter().flat_map(|event| entries.iter().map(move |entry| (event, entry)))
        {
            if let Err(payload) = catch_unwind(AssertUnwindSafe(|| callback(event))) {
                panic.get_or_insert(payload);
            }
        }
        drop(entries);
        if let Some(payload) = panic {
            resume_unwind(payload);
        }
    }
}
