//! Containers that say when they are full.

#![forbid(unsafe_code)]

use core::fmt;
use core::hash::Hash;
use core::ops::{Deref, DerefMut};

use super::map::FrameMap;
use super::reference::FrameRef;
use super::vec::FrameVec;
use crate::error::AllocError;

/// An array in frame memory that never holds more than its bound; the room is reserved at once.
///
/// ```
/// use framealloc::SmartAlloc;
///
/// let alloc = SmartAlloc::with_defaults();
/// alloc.begin_frame();
/// let mut hits = alloc.frame_vec_bounded(2);
/// assert_eq!((hits.push('a'), hits.push('b'), hits.push('c')), (Ok(()), Ok(()), Err('c')));
/// # drop(hits);
/// # alloc.end_frame();
/// ```
pub struct BoundedVec<'f, T> {
    items: FrameVec<'f, T>,
    bound: usize,
}

impl<'f, T> BoundedVec<'f, T> {
    pub(crate) fn try_new_in(bound: usize, frame: FrameRef<'f>) -> Result<Self, AllocError> {
        Ok(Self { items: FrameVec::try_with_capacity_in(bound, frame)?, bound })
    }

    /// Appends `item`.
    ///
    /// # Errors
    ///
    /// Gives `item` back when the array is full.
    #[inline]
    pub fn push(&mut self, item: T) -> Result<(), T> {
        if self.items.len() == self.bound {
            return Err(item);
        }
        self.items.push(item);
        Ok(())
    }

    /// Removes and returns the last element.
    pub fn pop(&mut self) -> Option<T> {
        self.items.pop()
    }

    /// Removes every element.
    pub fn clear(&mut self) {
        self.items.clear();
    }

    /// The most elements it holds.
    pub fn bound(&self) -> usize {
        self.bound
    }

    /// Whether the next push fails.
    pub fn is_full(&self) -> bool {
        self.items.len() == self.bound
    }
}

impl<T> Deref for BoundedVec<'_, T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.items
    }
}

impl<T> DerefMut for BoundedVec<'_, T> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.items
    }
}

impl<T: fmt::Debug> fmt::Debug for BoundedVec<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.items.fmt(f)
    }
}

/// A hash map in frame memory that never holds more entries than its bound; the room is reserved at once.
pub struct BoundedMap<'f, K, V> {
    entries: FrameMap<'f, K, V>,
    bound: usize,
}

impl<'f, K: Eq + Hash, V> BoundedMap<'f, K, V> {
    pub(crate) fn try_new_in(bound: usize, frame: FrameRef<'f>) -> Result<Self, AllocError> {
        let mut entries = FrameMap::new_in(frame);
        // Twice the bound: where at most half of the room is used, what removed entries leave behind is cleared in place,
        // and the map never grows.
        entries.try_reserve(bound.saturating_mul(2))?;
        Ok(Self { entries, bound })
    }

    /// Inserts an entry and returns the value that `key` had.
    ///
    /// # Errors
    ///
    /// Gives the entry back when the map is full and has no such key.
    pub fn insert(&mut self, key: K, value: V) -> Result<Option<V>, (K, V)> {
        if self.entries.len() == self.bound && !self.entries.contains_key(&key) {
            return Err((key, value));
        }
        Ok(self.entries.insert(key, value))
    }

    /// Removes the entry of `key`.
    pub fn remove(&mut self, key: &K) -> Option<V> {
        self.entries.remove(key)
    }

    /// Removes every entry.
    pub fn clear(&mut self) {
        self.entries.clear();
    }

    /// The most entries it holds.
    pub fn bound(&self) -> usize {
        self.bound
    }
}

impl<'f, K, V> Deref for BoundedMap<'f, K, V> {
    type Target = FrameMap<'f, K, V>;

    fn deref(&self) -> &Self::Target {
        &self.entries
    }
}

impl<K: fmt::Debug, V: fmt::Debug> fmt::Debug for BoundedMap<'_, K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.entries.fmt(f)
    }
}
