//! Slots that readers gave back.

use core::ptr::{self, NonNull};

use super::slot::Slot;
use crate::sys::sync::{AtomicPtr, Ordering};

/// Where the last readers of closed slots push them, for their owner to drain: a stack (Treiber, 1986) of which the owner
/// takes everything at once, so that no link is followed while it may change.
pub(crate) struct Inbox {
    head: AtomicPtr<Slot>,
}

/// The head of an inbox whose owner is gone.
fn abandoned() -> *mut Slot {
    ptr::without_provenance_mut(1)
}

impl Inbox {
    pub(crate) fn new() -> Self {
        Self { head: AtomicPtr::new(ptr::null_mut()) }
    }

    /// Hands `slot`, which the caller made vacant, to the owner; refuses when the owner is gone.
    ///
    /// Once it is taken neither the slot nor the inbox is touched again: the owner may have given both up.
    #[cold]
    pub(crate) fn push(&self, slot: &Slot) -> bool {
        let mut head = self.head.load(Ordering::Acquire);
        loop {
            if head == abandoned() {
                return false;
            }
            slot.link.store(head, Ordering::Relaxed);
            let new = ptr::from_ref(slot).cast_mut();
            match self.head.compare_exchange_weak(head, new, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return true,
                Err(now) => head = now,
            }
        }
    }

    /// Takes what is there.
    pub(crate) fn take_all(&self) -> Pushed {
        if self.head.load(Ordering::Relaxed).is_null() {
            return Pushed(ptr::null_mut());
        }
        Pushed(self.head.swap(ptr::null_mut(), Ordering::AcqRel))
    }

    /// Takes what is there, and nothing more from now on (V5).
    pub(crate) fn abandon(&self) -> Pushed {
        Pushed(self.head.swap(abandoned(), Ordering::AcqRel))
    }
}

/// Vacant slots from an inbox; those of their owner are still in its list.
pub(crate) struct Pushed(*mut Slot);

impl Iterator for Pushed {
    type Item = NonNull<Slot>;

    fn next(&mut self) -> Option<NonNull<Slot>> {
        let slot = NonNull::new(self.0)?;
        // SAFETY: V1, V3: pushed slots are live and the owner's; their links are not changed once they are pushed.
        self.0 = unsafe { slot.as_ref() }.link.load(Ordering::Relaxed);
        Some(slot)
    }
}
