//! A box whose value is deferred when it is dropped.

#![forbid(unsafe_code)]

use core::fmt;
use core::ops::{Deref, DerefMut};
use core::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::Arc;

use super::node::Node;
use super::queue::defer;
use crate::pool::PoolBox;
use crate::threads::Home;

/// Owns a value in pool memory, and defers its destructor when it is dropped, on whichever thread that is.
///
/// Dropping takes no memory and cannot fail. It takes a lock, and runs a destructor only where the
/// [policy](crate::QueueFullPolicy) says so. The box keeps its allocator. Made by
/// [`SmartAlloc::deferred_box`](crate::SmartAlloc::deferred_box).
pub struct DeferredBox<T: Send + 'static> {
    /// Present until the box is dropped or its value moved out.
    node: Option<PoolBox<Node<T>>>,
    home: Arc<dyn Home>,
}

impl<T: Send + 'static> DeferredBox<T> {
    pub(crate) fn new(node: PoolBox<Node<T>>, home: Arc<dyn Home>) -> Self {
        Self { node: Some(node), home }
    }

    /// Moves the value out; its destructor is not deferred any more.
    pub fn into_inner(mut self) -> T {
        self.node.take().expect("present until now").into_inner().value
    }
}

impl<T: Send + UnwindSafe + 'static> UnwindSafe for DeferredBox<T> {}
impl<T: Send + RefUnwindSafe + 'static> RefUnwindSafe for DeferredBox<T> {}

impl<T: Send + 'static> Drop for DeferredBox<T> {
    fn drop(&mut self) {
        if let Some(node) = self.node.take() {
            // Not refusable, so nothing comes back.
            let _ = defer(&*self.home, node, false);
        }
    }
}

impl<T: Send + 'static> Deref for DeferredBox<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.node.as_ref().expect("present while the box lives").value
    }
}

impl<T: Send + 'static> DerefMut for DeferredBox<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.node.as_mut().expect("present while the box lives").value
    }
}

impl<T: Send + fmt::Debug + 'static> fmt::Debug for DeferredBox<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
