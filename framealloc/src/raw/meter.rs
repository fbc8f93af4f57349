//! How objects that live longer than the call that made them tell their tag's accounts about it.
//!
//! The pool and the heap know no budgets. What they know is the tag of an object, and that somebody may keep an account
//! for it: an [`ObjectMeter`], which the front installs.

#![forbid(unsafe_code)]

use core::ptr::NonNull;

use super::tls;
use crate::error::AllocError;
use std::sync::{Arc, OnceLock};

/// Keeps the accounts of tags for objects of the pool and the heap. Called on slow paths, with no lock held and no state
/// half changed. Bytes are those of the whole block: the pool counts the block size of the class.
pub(crate) trait ObjectMeter: Send + Sync {
    /// Asks to charge `bytes` of a pool block to `tag`, which `make` makes: whether it did. A report about the charge may
    /// panic when it is made. Called by the container allocator (`PoolAlloc`), without a pool of the thread for tags that are
    /// metered only; the front charges its own calls itself.
    fn pool_made(&self, tag: u16, bytes: usize, make: &mut dyn FnMut() -> bool) -> Result<(), AllocError>;

    /// A pool block of `tag`, which is metered, is freed. Whether the thread keeps an account of the tag, so that a free may
    /// go through its magazines: they tell a budget that is read later.
    fn pool_freed(&self, tag: u16, bytes: usize, block: NonNull<u8>) -> bool;

    /// This thread frees pool objects again and again without a pool of its own: gives it one, so that they flow back in
    /// batches. Does nothing while the thread exits.
    fn adopt_thread(&self) {}

    /// Asks to charge `bytes` of a heap object to `tag`, as [`pool_made`](Self::pool_made) does. Called by the container
    /// allocator (`HeapAlloc`) and for chunks; the front charges its own calls itself.
    fn heap_made(&self, tag: u16, bytes: usize, make: &mut dyn FnMut() -> bool) -> Result<(), AllocError>;

    /// Whether the budgets of `tag` would allow an object of `bytes` now, as far as this thread can tell.
    fn would_fit(&self, _tag: u16, _bytes: usize) -> bool {
        true
    }

    /// Gives what nobody uses back to the backend, because it has no memory left. Whether there was anything.
    fn reclaim(&self) -> bool {
        false
    }

    /// A heap object of `tag` was freed on this thread, which finds what `last` says.
    fn heap_freed(&self, tag: u16, bytes: usize, last: tls::Last);

    /// An object of `tag` begins at `address`.
    #[cfg(feature = "debug")]
    fn object_made(&self, _kind: ObjectKind, _address: usize, _tag: u16, _bytes: usize) {}

    /// The object at `address` is gone.
    #[cfg(feature = "debug")]
    fn object_gone(&self, _address: usize) {}
}

/// Where an object that is alive was allocated.
#[cfg(feature = "debug")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub enum ObjectKind {
    /// In the pool.
    Pool,
    /// In the heap.
    Heap,
}

/// The place of a meter: empty until the front sets it, once. It owns the meter, which therefore must not own the pool or
/// the heap it is set for (a `Weak` inside it is fine): they would keep each other alive.
#[derive(Default)]
pub(crate) struct MeterSlot(OnceLock<Arc<dyn ObjectMeter>>);

impl MeterSlot {
    /// Sets the meter; a second call changes nothing.
    pub(crate) fn set(&self, meter: Arc<dyn ObjectMeter>) {
        let _ = self.0.set(meter);
    }

    /// The meter, when there is one.
    #[inline]
    pub(crate) fn get(&self) -> Option<&dyn ObjectMeter> {
        self.0.get().map(|meter| &**meter)
    }
}
