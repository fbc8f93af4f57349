//! Names of values and of nested groups.

#![expect(unsafe_code, reason = "an address that only its group follows")]

use core::fmt;
use core::hash::{Hash, Hasher};
use core::marker::PhantomData;
use core::ptr::NonNull;

/// Names a value in a [`Group`](super::Group). It is `Copy`, may go to any thread, and is checked on each use: in any
/// other group than its own it names nothing, and its own takes its id along when it is freed.
pub struct GroupHandle<T: ?Sized> {
    pub(super) group: u64,
    pub(super) value: NonNull<T>,
    /// Invariant: a handle of another lifetime would let `get_mut` write what others read as longer-lived (GR2).
    names: PhantomData<fn() -> *mut T>,
}

// SAFETY: GR2: a handle is followed by its group only, which asks for what the access needs.
unsafe impl<T: ?Sized> Send for GroupHandle<T> {}
// SAFETY: GR2: as for Send.
unsafe impl<T: ?Sized> Sync for GroupHandle<T> {}

impl<T: ?Sized> GroupHandle<T> {
    pub(super) fn new(group: u64, value: NonNull<T>) -> Self {
        Self { group, value, names: PhantomData }
    }

    fn key(&self) -> (u64, NonNull<()>) {
        (self.group, self.value.cast())
    }
}

impl<T: ?Sized> Clone for GroupHandle<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: ?Sized> Copy for GroupHandle<T> {}

impl<T: ?Sized> PartialEq for GroupHandle<T> {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl<T: ?Sized> Eq for GroupHandle<T> {}

impl<T: ?Sized> Hash for GroupHandle<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key().hash(state);
    }
}

impl<T: ?Sized> fmt::Debug for GroupHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GroupHandle({} at {:p})", self.group, self.value)
    }
}

/// Names a group that is nested in another one. It is `Copy`, and names nothing once that group is freed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct GroupId(pub(super) u64);
