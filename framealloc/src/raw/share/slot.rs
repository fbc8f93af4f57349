//! One shared value.

use core::any::Any;
use core::cell::Cell;
use core::ptr::{self, NonNull};
use std::sync::Arc;

use super::inbox::Inbox;
use super::node::{Header, Node, Owned};
use super::word::PinWord;
use crate::raw::core::Core;
use crate::sys::sync::{AtomicPtr, Ordering};

/// What outlives the owner for the sake of a slot's readers: the inbox, the memory of the value. Dropped when the value
/// is given up (V5).
pub(crate) type Heir = Arc<dyn Any + Send + Sync>;

/// One shared value: its word, its node, whose it is.
pub(crate) struct Slot {
    pub(super) word: PinWord,
    node: AtomicPtr<Header>,
    inbox: AtomicPtr<Inbox>,
    /// The next slot of an inbox.
    pub(super) link: AtomicPtr<Slot>,
    heir: AtomicPtr<Heir>,
    /// The ambient core whose memory the node is in; the slot is one of its counts.
    pub(crate) core: Cell<*const Core>,
    /// The last frame in which it is open.
    pub(crate) until: Cell<u64>,
    /// The next slot of its owner's list, of its core's, or of a chain; `previous` means something in the owner's list.
    pub(crate) next: Cell<*const Slot>,
    pub(crate) previous: Cell<*const Slot>,
}

// SAFETY: V3, V6: what is not atomic belongs to one thread at a time.
unsafe impl Sync for Slot {}

impl Slot {
    pub(super) fn new() -> Self {
        Self {
            word: PinWord::new(),
            node: AtomicPtr::new(ptr::null_mut()),
            inbox: AtomicPtr::new(ptr::null_mut()),
            link: AtomicPtr::new(ptr::null_mut()),
            heir: AtomicPtr::new(ptr::null_mut()),
            core: Cell::new(ptr::null()),
            until: Cell::new(0),
            next: Cell::new(ptr::null()),
            previous: Cell::new(ptr::null()),
        }
    }

    /// Makes `node` readable for those who know the generation that is returned.
    ///
    /// # Safety
    ///
    /// * The slot is vacant and the caller's (V3).
    /// * `node` is initialised, in memory that stays until the slot was vacant again and its value was given up (V2), and
    ///   its value may be read and dropped on any thread.
    /// * `inbox` lives as V4 says.
    pub(crate) unsafe fn open<T>(&self, node: NonNull<Node<T>>, inbox: &Inbox) -> u64 {
        self.node.store(node.as_ptr().cast(), Ordering::Relaxed);
        self.inbox.store(ptr::from_ref(inbox).cast_mut(), Ordering::Relaxed);
        self.word.open()
    }

    /// Closes the open slot, which the caller opened. Whether it is vacant, and the caller's; otherwise its readers push
    /// it into the inbox.
    pub(crate) fn close(&self) -> bool {
        self.word.close()
    }

    /// Whether it is open; for its owner.
    pub(crate) fn is_open(&self) -> bool {
        self.word.is_open()
    }

    /// One pin more; the value, if the pin holds. One that does not is taken away with [`Slot::unpin`] too.
    ///
    /// # Safety
    ///
    /// The slot was opened with a `Node<T>` in `generation`.
    #[inline]
    pub(crate) unsafe fn pin<T>(&self, generation: u64) -> Option<NonNull<T>> {
        if !self.word.pin(generation) {
            return None;
        }
        // V2: the pin holds, so the node is that of the generation.
        NonNull::new(self.node.load(Ordering::Relaxed)).map(Node::<T>::value)
    }

    /// One pin less. What is given up by the caller is returned: the slot was closed, this was its last pin, and its owner
    /// is gone.
    #[inline]
    pub(crate) fn unpin(&self) -> Option<Inheritance> {
        if self.word.unpin() { self.hand_over() } else { None }
    }

    /// The caller made the slot vacant: the owner's inbox has it, or the caller gives it up.
    #[cold]
    fn hand_over(&self) -> Option<Inheritance> {
        // SAFETY: V4: the slot was closed until now, and stays until somebody gives it up.
        let inbox = unsafe { &*self.inbox.load(Ordering::Relaxed) };
        if inbox.push(self) { None } else { self.inherit() }
    }

    /// The value of a vacant slot.
    ///
    /// # Safety
    ///
    /// The caller made the slot vacant or took it from its inbox, and calls this once (V3).
    pub(crate) unsafe fn take_value(&self) -> Option<Owned> {
        let node = NonNull::new(self.node.swap(ptr::null_mut(), Ordering::Relaxed));
        // SAFETY: V3: by the caller the value is its own.
        node.map(|node| unsafe { Owned::new(node) })
    }

    /// Says who keeps what the slot needs once its owner is gone (V5). For the owner, before it abandons the inbox.
    pub(crate) fn set_heir(&self, heir: Heir) {
        self.heir.store(Box::into_raw(Box::new(heir)), Ordering::Release);
    }

    /// The value and the heir of a slot that has one and is nobody else's (V5).
    pub(crate) fn inherit(&self) -> Option<Inheritance> {
        let heir = NonNull::new(self.heir.swap(ptr::null_mut(), Ordering::AcqRel))?;
        // SAFETY: V5: the heir was boxed by `set_heir`, and the swap gives it to one caller.
        let heir = unsafe { Box::from_raw(heir.as_ptr()) };
        // SAFETY: V3: a slot with an heir is inherited once, by whom its vacancy belongs to.
        let value = unsafe { self.take_value() };
        Some(Inheritance { value, heir: *heir })
    }

    /// Whether the vacant slot has used up its generations, and is not to be opened again.
    pub(crate) fn is_worn(&self) -> bool {
        self.word.is_worn()
    }
}

/// A value that is given up by another than its owner, and what keeps its memory: dropped in this order.
pub(crate) struct Inheritance {
    #[expect(dead_code, reason = "held to be dropped")]
    value: Option<Owned>,
    #[expect(dead_code, reason = "held to be dropped")]
    heir: Heir,
}

/// Vacant slots, linked through `next`.
pub(crate) struct Chain(*const Slot);

impl Chain {
    pub(crate) const EMPTY: Self = Self(ptr::null());

    /// Adds a slot in front that is the caller's (V3) and in no list.
    pub(crate) fn push(&mut self, slot: &Slot) {
        slot.next.set(self.0);
        self.0 = slot;
    }

    /// Takes the first slot.
    pub(crate) fn pop(&mut self) -> Option<NonNull<Slot>> {
        let slot = NonNull::new(self.0.cast_mut())?;
        // SAFETY: V1: slots are live as long as their table.
        self.0 = unsafe { slot.as_ref() }.next.get();
        Some(slot)
    }
}
