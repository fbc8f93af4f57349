//! Foreign code that wants to be told, and how it is called without harm.

use core::cell::Cell;
use core::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::sys::caught::discard;

/// What a listener brings about itself is told up to this depth, so that one whose own work is told ends.
pub(super) const MAX_DEPTH: u32 = 3;

thread_local! {
    /// How many deliveries are under way on this thread.
    static DEPTH: Cell<u32> = const { Cell::new(0) };
}

/// Whether something that happens now is told, or is too deep inside what listeners do.
pub(crate) fn may_deliver() -> bool {
    DEPTH.get() < MAX_DEPTH
}

type List<L> = Arc<Vec<(u64, Arc<L>)>>;

/// A list of listeners (D2). Calling them takes the lock once, to clone the list.
pub(crate) struct Listeners<L: ?Sized> {
    list: Mutex<List<L>>,
    /// Length of the list.
    count: AtomicUsize,
    ids: AtomicU64,
    panics: AtomicU64,
}

impl<L: ?Sized> Default for Listeners<L> {
    fn default() -> Self {
        Self {
            list: Mutex::new(Arc::new(Vec::new())),
            count: AtomicUsize::new(0),
            ids: AtomicU64::new(0),
            panics: AtomicU64::new(0),
        }
    }
}

impl<L: ?Sized> Listeners<L> {
    /// Adds a listener and returns its id, which is never used again.
    pub(crate) fn add(&self, listener: Arc<L>) -> u64 {
        let id = self.ids.fetch_add(1, Ordering::Relaxed);
        self.replace(|list| list.push((id, Arc::clone(&listener))));
        id
    }

    /// Removes a listener; `false` when it is not there.
    pub(crate) fn remove(&self, id: u64) -> bool {
        let mut found = false;
        self.replace(|list| {
            let before = list.len();
            list.retain(|(other, _)| *other != id);
            found = list.len() < before;
        });
        found
    }

    /// Removes every listener.
    pub(crate) fn clear(&self) {
        self.replace(Vec::clear);
    }

    /// How many there are. Takes no lock.
    #[inline(always)]
    pub(crate) fn len(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    /// How many times one panicked, its destructor included.
    pub(crate) fn panics(&self) -> u64 {
        self.panics.load(Ordering::Relaxed)
    }

    /// Calls each one. A panic is counted and goes no further.
    pub(crate) fn call(&self, tell: impl Fn(&L)) {
        let list = Arc::clone(&self.lock());
        let depth = DEPTH.get();
        DEPTH.set(depth + 1);
        for (_, listener) in list.iter() {
            self.contain(|| tell(listener));
        }
        DEPTH.set(depth);
        // The last of one that was removed meanwhile.
        self.contain(|| drop(list));
    }

    /// Runs foreign code. A panic is counted and goes no further.
    fn contain(&self, work: impl FnOnce()) {
        if let Err(payload) = catch_unwind(AssertUnwindSafe(work)) {
            self.panics.fetch_add(1, Ordering::Relaxed);
            discard(payload);
        }
    }

    /// Puts an edited copy of the list in place. What the edit removed is dropped after the lock is released.
    fn replace(&self, edit: impl FnOnce(&mut Vec<(u64, Arc<L>)>)) {
        let mut list = self.lock();
        let mut edited = (**list).clone();
        edit(&mut edited);
        self.count.store(edited.len(), Ordering::Relaxed);
        let old = core::mem::replace(&mut *list, Arc::new(edited));
        drop(list);
        self.contain(|| drop(old));
    }

    /// Nothing foreign runs under this lock, and the list is valid whenever it could be poisoned.
    fn lock(&self) -> MutexGuard<'_, List<L>> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
