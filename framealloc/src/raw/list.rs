//! An append-only list that other threads may read, and the counters kept in it.

#![expect(unsafe_code, reason = "follows raw links")]

use core::marker::PhantomData;
use core::ptr;
use core::sync::atomic::{AtomicPtr, AtomicU64, Ordering};

/// A counter that one thread writes and others read (F3): plain load and store, no read-modify-write.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) const fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    #[inline(always)]
    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    #[inline(always)]
    pub(crate) fn set(&self, value: u64) {
        self.0.store(value, Ordering::Relaxed);
    }

    /// Adds modulo 2^64, so that a sum over threads of what some allocate and others free comes out right.
    #[inline(always)]
    pub(crate) fn add(&self, value: u64) {
        self.set(self.get().wrapping_add(value));
    }

    #[inline(always)]
    pub(crate) fn sub(&self, value: u64) {
        self.set(self.get().wrapping_sub(value));
    }

    #[inline(always)]
    pub(crate) fn raise_to(&self, value: u64) {
        if value > self.get() {
            self.set(value);
        }
    }
}

struct Node<T> {
    value: T,
    next: *mut Node<T>,
}

/// The list. Values never move and are dropped with it.
pub(crate) struct PushList<T> {
    head: AtomicPtr<Node<T>>,
    marker: PhantomData<T>,
}

impl<T> PushList<T> {
    pub(crate) const fn new() -> Self {
        Self { head: AtomicPtr::new(ptr::null_mut()), marker: PhantomData }
    }

    /// Adds `value` at the front.
    pub(crate) fn push(&self, value: T) -> &T {
        let node = Box::into_raw(Box::new(Node { value, next: ptr::null_mut() }));
        let mut head = self.head.load(Ordering::Relaxed);
        loop {
            // SAFETY: F3: the node is not published yet, so it is ours alone.
            unsafe { (*node).next = head };
            match self.head.compare_exchange_weak(head, node, Ordering::Release, Ordering::Relaxed) {
                // SAFETY: F3: nodes live as long as the list and are not changed once published.
                Ok(_) => return &unsafe { &*node }.value,
                Err(now) => head = now,
            }
        }
    }

    /// The values, latest first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        let mut next = self.head.load(Ordering::Acquire);
        core::iter::from_fn(move || {
            // SAFETY: F3: nodes are published with release, live as long as the list and are never changed.
            let node = unsafe { next.as_ref() }?;
            next = node.next;
            Some(&node.value)
        })
    }
}

impl<T> Drop for PushList<T> {
    fn drop(&mut self) {
        let mut next = *self.head.get_mut();
        while !next.is_null() {
            // SAFETY: F3: the list is exclusively ours, each node came from a `Box` and is freed once.
            let node = unsafe { Box::from_raw(next) };
            next = node.next;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readers_see_what_was_pushed() {
        let list = PushList::new();
        list.push(String::from("a"));
        let b: *const String = list.push(String::from("b"));
        assert_eq!(list.iter().collect::<Vec<_>>(), ["b", "a"]);
        assert!(core::ptr::eq(b, list.iter().next().unwrap()));
    }
}
