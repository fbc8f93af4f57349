//! Hash maps and sets in frame memory.

#![forbid(unsafe_code)]

use core::fmt;
use core::hash::{BuildHasher, Hash};
use core::ops::{Deref, DerefMut};

use hashbrown::{HashMap, HashSet, hash_map, hash_set};

use super::fallible::Fallible;
use super::reference::FrameRef;
use super::reference::or_fail;
use crate::error::AllocError;

/// The hasher of [`FrameMap`] and [`FrameSet`]: foldhash with a fixed seed, so the same insertions give the same order
/// on every run. It does not resist chosen keys; give the map another `BuildHasher` for keys from outside.
pub type FrameState = foldhash::fast::FixedState;

/// A hash map in frame memory: `hashbrown`'s `HashMap` over a [`FrameRef`].
///
/// Everything that `HashMap` does is there through `Deref`. Iteration order depends on the keys and the insertions only,
/// not on the run. Growth moves the entries to new storage and leaves the old behind until the frame ends.
///
/// ```
/// use framealloc::SmartAlloc;
///
/// let alloc = SmartAlloc::with_defaults();
/// let frame = alloc.frame();
/// let mut scores = frame.map();
/// scores.insert("red", 3);
/// *scores.entry("red").or_insert(0) += 1;
/// assert_eq!(scores.remove("red"), Some(4));
/// ```
pub struct FrameMap<'f, K, V, S = FrameState>(HashMap<K, V, S, FrameRef<'f>>);

/// A hash set in frame memory: `hashbrown`'s `HashSet` over a [`FrameRef`].
///
/// ```
/// use framealloc::SmartAlloc;
///
/// let alloc = SmartAlloc::with_defaults();
/// let frame = alloc.frame();
/// let mut seen = frame.set();
/// assert!(seen.insert(7) && !seen.insert(7));
/// ```
pub struct FrameSet<'f, K, S = FrameState>(HashSet<K, S, FrameRef<'f>>);

impl<'f, K, V> FrameMap<'f, K, V> {
    /// An empty map in the memory of `frame`. Allocates nothing.
    #[inline]
    pub fn new_in(frame: FrameRef<'f>) -> Self {
        Self::with_hasher_in(FrameState::default(), frame)
    }
}

impl<'f, K, V, S> FrameMap<'f, K, V, S> {
    /// An empty map with another hasher.
    #[inline]
    pub fn with_hasher_in(hasher: S, frame: FrameRef<'f>) -> Self {
        Self(HashMap::with_hasher_in(hasher, frame))
    }

    /// The `hashbrown` map itself.
    pub fn into_map(self) -> HashMap<K, V, S, FrameRef<'f>> {
        self.0
    }
}

impl<K: Eq + Hash, V, S: BuildHasher> FrameMap<'_, K, V, S> {
    /// Makes room for `additional` more entries.
    ///
    /// # Errors
    ///
    /// [`AllocError`] says whether memory, a budget or the address space ran out; the map is unchanged.
    pub fn try_reserve(&mut self, additional: usize) -> Result<(), AllocError> {
        let fallible = Fallible::name(self.0.allocator());
        self.0.try_reserve(additional).map_err(|_| fallible.error::<(K, V)>(additional))
    }

    /// Inserts an entry and returns the value that `key` had.
    ///
    /// # Errors
    ///
    /// As [`FrameMap::try_reserve`]; the entry is dropped then.
    pub fn try_insert(&mut self, key: K, value: V) -> Result<Option<V>, AllocError> {
        self.try_reserve(1)?;
        Ok(self.0.insert(key, value))
    }

    /// Makes room for `capacity` entries or panics.
    #[track_caller]
    pub(crate) fn reserved(mut self, capacity: usize) -> Self {
        or_fail!(self.try_reserve(capacity));
        self
    }
}

impl<'f, K> FrameSet<'f, K> {
    /// An empty set in the memory of `frame`. Allocates nothing.
    #[inline]
    pub fn new_in(frame: FrameRef<'f>) -> Self {
        Self::with_hasher_in(FrameState::default(), frame)
    }
}

impl<'f, K, S> FrameSet<'f, K, S> {
    /// An empty set with another hasher.
    #[inline]
    pub fn with_hasher_in(hasher: S, frame: FrameRef<'f>) -> Self {
        Self(HashSet::with_hasher_in(hasher, frame))
    }

    /// The `hashbrown` set itself.
    pub fn into_set(self) -> HashSet<K, S, FrameRef<'f>> {
        self.0
    }
}

impl<K: Eq + Hash, S: BuildHasher> FrameSet<'_, K, S> {
    /// Makes room for `additional` more keys.
    ///
    /// # Errors
    ///
    /// As [`FrameMap::try_reserve`].
    pub fn try_reserve(&mut self, additional: usize) -> Result<(), AllocError> {
        let fallible = Fallible::name(self.0.allocator());
        self.0.try_reserve(additional).map_err(|_| fallible.error::<K>(additional))
    }

    /// Inserts a key; `true` if it was not there.
    ///
    /// # Errors
    ///
    /// As [`FrameMap::try_reserve`]; the key is dropped then.
    pub fn try_insert(&mut self, key: K) -> Result<bool, AllocError> {
        self.try_reserve(1)?;
        Ok(self.0.insert(key))
    }

    /// Makes room for `capacity` keys or panics.
    #[track_caller]
    pub(crate) fn reserved(mut self, capacity: usize) -> Self {
        or_fail!(self.try_reserve(capacity));
        self
    }
}

macro_rules! impl_common {
    ($name:ident<$($param:ident),*>, $inner:ident) => {
        impl<'f, $($param,)* S> Deref for $name<'f, $($param,)* S> {
            type Target = $inner<$($param,)* S, FrameRef<'f>>;

            #[inline(always)]
            fn deref(&self) -> &Self::Target {
                &self.0
            }
        }

        impl<$($param,)* S> DerefMut for $name<'_, $($param,)* S> {
            #[inline(always)]
            fn deref_mut(&mut self) -> &mut Self::Target {
                &mut self.0
            }
        }

        impl<$($param: Clone,)* S: Clone> Clone for $name<'_, $($param,)* S> {
            fn clone(&self) -> Self {
                Self(self.0.clone())
            }
        }

        impl<$($param: fmt::Debug,)* S> fmt::Debug for $name<'_, $($param,)* S> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

impl_common!(FrameMap<K, V>, HashMap);
impl_common!(FrameSet<K>, HashSet);

impl<K: Eq + Hash, V: PartialEq, S: BuildHasher> PartialEq for FrameMap<'_, K, V, S> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<K: Eq + Hash, V: Eq, S: BuildHasher> Eq for FrameMap<'_, K, V, S> {}

impl<K: Eq + Hash, S: BuildHasher> PartialEq for FrameSet<'_, K, S> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<K: Eq + Hash, S: BuildHasher> Eq for FrameSet<'_, K, S> {}

impl<K: Eq + Hash, V, S: BuildHasher> Extend<(K, V)> for FrameMap<'_, K, V, S> {
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, items: I) {
        self.0.extend(items);
    }
}

impl<K: Eq + Hash, S: BuildHasher> Extend<K> for FrameSet<'_, K, S> {
    fn extend<I: IntoIterator<Item = K>>(&mut self, items: I) {
        self.0.extend(items);
    }
}

impl<'f, K, V, S> IntoIterator for FrameMap<'f, K, V, S> {
    type Item = (K, V);
    type IntoIter = hash_map::IntoIter<K, V, FrameRef<'f>>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'m, K, V, S> IntoIterator for &'m FrameMap<'_, K, V, S> {
    type Item = (&'m K, &'m V);
    type IntoIter = hash_map::Iter<'m, K, V>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl<'m, K, V, S> IntoIterator for &'m mut FrameMap<'_, K, V, S> {
    type Item = (&'m K, &'m mut V);
    type IntoIter = hash_map::IterMut<'m, K, V>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter_mut()
    }
}

impl<'f, K, S> IntoIterator for FrameSet<'f, K, S> {
    type Item = K;
    type IntoIter = hash_set::IntoIter<K, FrameRef<'f>>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'m, K, S> IntoIterator for &'m FrameSet<'_, K, S> {
    type Item = &'m K;
    type IntoIter = hash_set::Iter<'m, K>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

#[cfg(feature = "serde")]
impl<K: serde::Serialize, V: serde::Serialize, S> serde::Serialize for FrameMap<'_, K, V, S> {
    fn serialize<Z: serde::Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        serializer.collect_map(self.0.iter())
    }
}

#[cfg(feature = "serde")]
impl<K: serde::Serialize, S> serde::Serialize for FrameSet<'_, K, S> {
    fn serialize<Z: serde::Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        serializer.collect_seq(self.0.iter())
    }
}
