//! Names of values in a [`TypedPool`](super::TypedPool).

#![forbid(unsafe_code)]

use core::fmt;
use core::hash::{Hash, Hasher};
use core::marker::PhantomData;

/// Names a value in a [`TypedPool`](super::TypedPool). It is `Copy`, and checked on each use: once the value is removed,
/// or in another pool, it names nothing.
pub struct Handle<T> {
    pub(super) pool: u64,
    pub(super) index: u32,
    pub(super) generation: u32,
    pub(super) _names: PhantomData<fn() -> T>,
}

impl<T> Handle<T> {
    pub(super) const fn new(pool: u64, index: u32, generation: u32) -> Self {
        Self { pool, index, generation, _names: PhantomData }
    }
}

impl<T> Clone for Handle<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Handle<T> {}

impl<T> PartialEq for Handle<T> {
    fn eq(&self, other: &Self) -> bool {
        (self.pool, self.index, self.generation) == (other.pool, other.index, other.generation)
    }
}

impl<T> Eq for Handle<T> {}

impl<T> Hash for Handle<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.pool, self.index, self.generation).hash(state);
    }
}

impl<T> fmt::Debug for Handle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Handle({}v{})", self.index, self.generation)
    }
}
