//! Objects kept under keys and lent to one user at a time.

#![forbid(unsafe_code)]

use super::alloc::PoolAlloc;
use super::boxed::PoolBox;
use super::sync::{Mutex, lock};
use crate::error::AllocError;
use core::ops::{Deref, DerefMut};
use foldhash::fast::FixedState;
use hashbrown::HashMap;
use std::sync::Arc;

type Entries<T> = HashMap<u64, Entry<T>, FixedState>;

/// A pool of `T`s under keys, shared between threads: whoever acquires a key has its value alone until it is released.
///
/// The handle is an `Arc`; a clone names the same pool. Each operation takes one lock for a lookup; values are allocated
/// and dropped outside of it.
pub struct PoolHandle<T> {
    shared: Arc<Shared<T>>,
}

struct Shared<T> {
    alloc: PoolAlloc,
    state: Mutex<State<T>>,
}

struct State<T> {
    entries: Entries<T>,
    max_size: usize,
    /// Numbers the loans, so that a release finds its own.
    serial: u64,
}

enum Entry<T> {
    Here(PoolBox<T>),
    Lent(u64),
}

impl<T> PoolHandle<T> {
    /// An empty pool.
    pub(crate) fn new(alloc: PoolAlloc) -> Self {
        let state =
            State { entries: Entries::with_hasher(FixedState::default()), max_size: usize::MAX, serial: 0 };
        Self { shared: Arc::new(Shared { alloc, state: Mutex::new(state) }) }
    }

    /// Keeps at most `max_size` keys, those that are lent out included. What is already there stays.
    #[must_use]
    pub fn with_max_size(self, max_size: usize) -> Self {
        lock(&self.shared.state).max_size = max_size;
        self
    }

    /// The most keys that are kept; `usize::MAX` unless set.
    pub fn max_size(&self) -> usize {
        lock(&self.shared.state).max_size
    }

    /// Keeps `value` under `id`. A value that was there is dropped; one that is lent out is dropped when it is released.
    ///
    /// # Errors
    ///
    /// [`AllocError::CapacityExceeded`] when the key is new and the pool is full, [`AllocError::OutOfMemory`],
    /// [`AllocError::BudgetExceeded`]. The value is dropped.
    pub fn insert(&self, id: u64, value: T) -> Result<(), AllocError> {
        let mut boxed = Some(self.shared.alloc.try_box(value)?);
        loop {
            let mut state = lock(&self.shared.state);
            let (len, room) = (state.entries.len(), state.entries.capacity() - state.entries.len());
            let known = state.entries.contains_key(&id);
            if !known && len >= state.max_size {
                let capacity = state.max_size;
                drop(state);
                return Err(AllocError::CapacityExceeded { capacity });
            }
            if known || room > 0 {
                let before = boxed.take().and_then(|boxed| state.entries.insert(id, Entry::Here(boxed)));
                drop(state);
                drop(before);
                return Ok(());
            }
            drop(state);
            // The table grows outside of the lock, because the global allocator is foreign code.
            let mut fresh = Entries::with_hasher(FixedState::default());
            fresh
                .try_reserve(len * 2 + 8)
                .map_err(|_| AllocError::overflow::<(u64, Entry<T>)>(len * 2 + 8))?;
            let mut state = lock(&self.shared.state);
            if fresh.capacity() > state.entries.len() {
                fresh.extend(state.entries.drain());
                core::mem::swap(&mut fresh, &mut state.entries);
            }
            drop(state);
        }
    }

    /// Lends the value under `id`: `None` when there is none, or when it is lent out already.
    pub fn acquire(&self, id: u64) -> Option<Acquired<T>> {
        let mut state = lock(&self.shared.state);
        let serial = state.serial + 1;
        let entry = state.entries.get_mut(&id)?;
        if matches!(entry, Entry::Lent(_)) {
            return None;
        }
        let Entry::Here(value) = core::mem::replace(entry, Entry::Lent(serial)) else { return None };
        state.serial = serial;
        Some(Acquired { shared: Arc::clone(&self.shared), id, serial, value: Some(value) })
    }

    /// Takes a loan back, as dropping it does.
    pub fn release(&self, value: Acquired<T>) {
        drop(value);
    }

    /// Takes the value under `id` out for good: `None` when there is none, or when it is lent out.
    pub fn remove(&self, id: u64) -> Option<PoolBox<T>> {
        let mut state = lock(&self.shared.state);
        if let Entry::Lent(_) = state.entries.get(&id)? {
            return None;
        }
        match state.entries.remove(&id)? {
            Entry::Here(value) => Some(value),
            Entry::Lent(_) => None,
        }
    }

    /// Whether `id` is known, be it here or lent out.
    pub fn contains(&self, id: u64) -> bool {
        lock(&self.shared.state).entries.contains_key(&id)
    }

    /// The number of keys, those lent out included.
    pub fn len(&self) -> usize {
        lock(&self.shared.state).entries.len()
    }

    /// Whether there is no key.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<T> Clone for PoolHandle<T> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<T> core::fmt::Debug for PoolHandle<T> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("PoolHandle").field("len", &self.len()).finish_non_exhaustive()
    }
}

/// A value on loan from a [`PoolHandle`]. Dropping it releases the value.
pub struct Acquired<T> {
    shared: Arc<Shared<T>>,
    id: u64,
    serial: u64,
    /// Present until the loan ends.
    value: Option<PoolBox<T>>,
}

impl<T> Acquired<T> {
    /// The key.
    pub fn id(&self) -> u64 {
        self.id
    }

    /// Takes the value out of the pool for good; the key is forgotten.
    pub fn into_box(mut self) -> PoolBox<T> {
        let value = self.value.take().expect("present until the loan ends");
        let mut state = lock(&self.shared.state);
        if matches!(state.entries.get(&self.id), Some(Entry::Lent(serial)) if *serial == self.serial) {
            state.entries.remove(&self.id);
        }
        drop(state);
        value
    }
}

impl<T> Drop for Acquired<T> {
    fn drop(&mut self) {
        if self.value.is_none() {
            return;
        }
        let mut state = lock(&self.shared.state);
        // A value that was inserted in the meantime has taken the place; then this one is dropped, after the lock.
        if let Some(entry) = state.entries.get_mut(&self.id)
            && matches!(entry, Entry::Lent(serial) if *serial == self.serial)
            && let Some(value) = self.value.take()
        {
            *entry = Entry::Here(value);
        }
    }
}

impl<T> Deref for Acquired<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.value.as_ref().expect("present until the loan ends")
    }
}

impl<T> DerefMut for Acquired<T> {
    fn deref_mut(&mut self) -> &mut T {
        self.value.as_mut().expect("present until the loan ends")
    }
}

impl<T: core::fmt::Debug> core::fmt::Debug for Acquired<T> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        (**self).fmt(f)
    }
}
