//! Callbacks of users, called with no lock held.

#![forbid(unsafe_code)]

use core::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::sys::caught::Caught;

type Callback<E> = Arc<dyn Fn(&E) + Send + Sync>;

/// Names a callback, so that it can be removed again. No two callbacks of a process have the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CallbackId(u64);

/// The callbacks for one kind of event.
pub(crate) struct Callbacks<E>(Mutex<List<E>>);

type List<E> = Arc<[(CallbackId, Callback<E>)]>;

impl<E> Default for Callbacks<E> {
    fn default() -> Self {
        Self(Mutex::new(Arc::new([])))
    }
}

impl<E> Callbacks<E> {
    fn lock(&self) -> MutexGuard<'_, List<E>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn add(&self, callback: impl Fn(&E) + Send + Sync + 'static) -> CallbackId {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let callback: Callback<E> = Arc::new(callback);
        let id = CallbackId(NEXT.fetch_add(1, Ordering::Relaxed));
        let mut list = self.lock();
        *list = list.iter().cloned().chain([(id, callback)]).collect();
        id
    }

    /// Removes a callback; whether there was one.
    pub(crate) fn remove(&self, id: CallbackId) -> bool {
        let mut list = self.lock();
        let rest = list.iter().filter(|(other, _)| *other != id).cloned().collect();
        let before = core::mem::replace(&mut *list, rest);
        let removed = list.len() < before.len();
        drop(list);
        // The callback is dropped after the lock: it may hold anything.
        drop(before);
        removed
    }

    /// Calls every callback with each event. A panic of one keeps nothing from the others, and goes on afterwards.
    pub(crate) fn call(&self, events: &[E]) {
        let entries = self.lock().clone();
        let mut caught = Caught::default();
        for event in events {
            for (_, callback) in entries.iter() {
                caught.catch(|| callback(event));
            }
        }
        drop(entries);
        caught.resume();
    }
}
