//! A value behind its destructor.

use core::mem::ManuallyDrop;
use core::ptr::{self, NonNull};

/// The part of a node that does not depend on its type.
pub(crate) struct Header {
    /// Runs the value's destructor.
    ///
    /// # Safety
    ///
    /// The caller owns the value; nobody uses it after this (V3).
    drop: unsafe fn(NonNull<Header>),
}

/// A value in frame memory that readers of other threads may be lent.
#[repr(C)]
pub(crate) struct Node<T> {
    header: Header,
    value: ManuallyDrop<T>,
}

impl<T> Node<T> {
    pub(crate) fn new(value: T) -> Self {
        Self { header: Header { drop: drop_value::<T> }, value: ManuallyDrop::new(value) }
    }

    /// The value of the node behind `header`.
    pub(super) fn value(header: NonNull<Header>) -> NonNull<T> {
        let node = header.cast::<Node<T>>();
        // SAFETY: V2: by the type that the handle carries from the place that opened the slot, it is a `Node<T>`, of which
        // this takes an address only. A node is never null.
        unsafe { NonNull::new_unchecked((&raw mut (*node.as_ptr()).value).cast()) }
    }
}

/// # Safety
///
/// `header` is that of a `Node<T>` whose value the caller owns; nobody uses it after this (V3).
unsafe fn drop_value<T>(header: NonNull<Header>) {
    // SAFETY: V3: by the caller.
    unsafe { ptr::drop_in_place(Node::<T>::value(header).as_ptr()) };
}

/// Owns the value of a node, whose memory others keep; drops it.
pub(crate) struct Owned(NonNull<Header>);

// SAFETY: V3: values are `Send` where slots are opened, and nobody else uses an owned one.
unsafe impl Send for Owned {}

impl Owned {
    /// # Safety
    ///
    /// The caller owns the node's value and hands it over (V3); the memory outlives this.
    pub(super) unsafe fn new(header: NonNull<Header>) -> Self {
        Self(header)
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        // SAFETY: V3: the value is this one's, and is dropped once, here.
        unsafe { (self.0.as_ref().drop)(self.0) };
    }
}
