//! Names of objects.

#![forbid(unsafe_code)]

use core::fmt;
use core::hash::{Hash, Hasher};
use core::marker::PhantomData;

/// Names an object of an allocator's [`Handles`](crate::Handles). It is `Copy` and may be sent anywhere. Each use checks
/// it: once its object is freed, or in another allocator, it names nothing.
pub struct ObjectHandle<T: ?Sized> {
    pub(super) id: ObjectId,
    /// Invariant: whoever has a handle may write, so that a handle of a wider type would let a value of it in.
    names: PhantomData<fn(*const T) -> *const T>,
}

/// An [`ObjectHandle`] without its type: what a relocation callback is told, and what handles are compared by.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId {
    pub(super) allocator: u64,
    pub(super) generation: u64,
    pub(super) index: u32,
}

impl<T: ?Sized> ObjectHandle<T> {
    pub(super) const fn new(id: ObjectId) -> Self {
        Self { id, names: PhantomData }
    }

    /// The handle without its type.
    pub const fn id(self) -> ObjectId {
        self.id
    }
}

impl<T: ?Sized> Clone for ObjectHandle<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: ?Sized> Copy for ObjectHandle<T> {}

impl<T: ?Sized> PartialEq for ObjectHandle<T> {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl<T: ?Sized> Eq for ObjectHandle<T> {}

impl<T: ?Sized> Hash for ObjectHandle<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.id.hash(state);
    }
}

impl<T: ?Sized> fmt::Debug for ObjectHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ObjectHandle({}v{})", self.id.index, self.id.generation)
    }
}

impl fmt::Debug for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ObjectId({}v{} of allocator {})", self.index, self.generation, self.allocator)
    }
}

/// Why a handle was not resolved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HandleError {
    /// The object was freed, or is another allocator's.
    Stale,
    /// The object is borrowed in a way that excludes this: somebody has it mutably, or somebody has it at all and it was
    /// asked for mutably. Also when it has 65,535 borrows or 4,095 pins, as after guards were leaked in a loop.
    InUse,
}

impl fmt::Display for HandleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Stale => "the handle is stale: its object was freed, or belongs to another allocator",
            Self::InUse => "the object is in use: drop the guard that borrows it before asking for this one",
        })
    }
}

impl std::error::Error for HandleError {}
