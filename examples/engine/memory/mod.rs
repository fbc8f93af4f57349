//! The two ways to run the same kernels.
//!
//! A kernel is written once, against slices and the two small traits here. Each system exists twice, side by side in
//! its file: annotated, with its memory declared to framealloc, and with `_std`, on `Vec` and `Box`. [`Runtime`] is
//! how the frame loop chooses between them.
//!
//! | file | role |
//! |---|---|
//! | `framed.rs` | the annotated systems on a `SmartAlloc` |
//! | `plain.rs` | the `_std` systems |

mod framed;
mod plain;
mod runtime;

pub use framed::{Framed, Limits};
pub use plain::Plain;
pub use runtime::Runtime;

use std::hash::{BuildHasher, Hash};

/// What a kernel needs of a growable array.
pub trait Buffer<T> {
    fn items(&self) -> &[T];
    fn items_mut(&mut self) -> &mut [T];
    fn push(&mut self, value: T);
    fn pop(&mut self) -> Option<T>;
    fn truncate(&mut self, len: usize);

    fn len(&self) -> usize {
        self.items().len()
    }
}

impl<T> Buffer<T> for Vec<T> {
    #[inline]
    fn items(&self) -> &[T] {
        self
    }
    #[inline]
    fn items_mut(&mut self) -> &mut [T] {
        self
    }
    #[inline]
    fn push(&mut self, value: T) {
        self.push(value);
    }
    #[inline]
    fn pop(&mut self) -> Option<T> {
        self.pop()
    }
    #[inline]
    fn truncate(&mut self, len: usize) {
        self.truncate(len);
    }
}

/// What a kernel needs of a hash map.
pub trait Table<K, V> {
    /// The value under `key`, which is `value` if there was none.
    fn get_or_insert(&mut self, key: K, value: V) -> &mut V;
    fn find(&self, key: &K) -> Option<&V>;
    fn clear(&mut self);
}

impl<K: Hash + Eq, V, S: BuildHasher> Table<K, V> for std::collections::HashMap<K, V, S> {
    #[inline]
    fn get_or_insert(&mut self, key: K, value: V) -> &mut V {
        self.entry(key).or_insert(value)
    }
    #[inline]
    fn find(&self, key: &K) -> Option<&V> {
        self.get(key)
    }
    #[inline]
    fn clear(&mut self) {
        self.clear();
    }
}

/// The standard map with the hasher that `FrameMap` has, so that the comparison is about memory.
pub type StdMap<K, V> = std::collections::HashMap<K, V, foldhash::fast::FixedState>;
