//! Subscriptions to events.

#![forbid(unsafe_code)]

use core::fmt;
use std::sync::{Arc, Weak};

use super::shared::Shared;
use super::smart_alloc::SmartAlloc;
use crate::events::Event;
use crate::tracking::exempt;

impl SmartAlloc {
    /// Calls `subscriber` with every [`Event`] of this allocator, until the subscription is dropped.
    ///
    /// It is called on the thread on which the event happened, after the allocator has reached a valid state and with no
    /// lock held, so it may use the allocator. A panic in it is caught and counted
    /// ([`subscriber_panics`](Self::subscriber_panics)). A frame that is open when it subscribes is not told to have
    /// ended. Threads notice new chunks and budgets at their next slow path or switch of tag, phase or system.
    ///
    /// A subscriber that holds the allocator keeps it alive, and with it itself, until the subscription is dropped.
    ///
    /// ```
    /// use framealloc::{EventKind, SmartAlloc};
    /// use std::sync::mpsc;
    ///
    /// let alloc = SmartAlloc::with_defaults();
    /// let (send, receive) = mpsc::channel();
    /// let subscription = alloc.subscribe(move |event| {
    ///     if let EventKind::FrameEnded { bytes, .. } = event.kind {
    ///         let _ = send.send((event.frame, bytes));
    ///     }
    /// });
    /// alloc.begin_frame();
    /// drop(alloc.frame_box([0_u8; 100]));
    /// alloc.end_frame();
    /// assert_eq!(receive.recv(), Ok((1, 104)));
    /// drop(subscription);
    /// ```
    #[must_use = "the subscription ends when it is dropped"]
    pub fn subscribe(&self, subscriber: impl Fn(&Event) + Send + Sync + 'static) -> Subscription {
        let subscriber = Arc::new(subscriber);
        let id = exempt(|| self.shared.events.subscribe(subscriber));
        Subscription { shared: Arc::downgrade(&self.shared), id }
    }

    /// How many times a subscriber panicked, or its destructor where it was unsubscribed.
    pub fn subscriber_panics(&self) -> u64 {
        self.shared.events.panics()
    }
}

/// While it lives, its subscriber is told; see [`SmartAlloc::subscribe`]. A delivery that is under way on another thread
/// when it is dropped may still reach the subscriber. To subscribe for as long as the allocator lives, pass it to
/// `mem::forget`.
pub struct Subscription {
    shared: Weak<Shared>,
    id: u64,
}

impl Drop for Subscription {
    fn drop(&mut self) {
        if let Some(shared) = self.shared.upgrade() {
            exempt(|| shared.events.unsubscribe(self.id));
        }
    }
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscription").field("id", &self.id).finish_non_exhaustive()
    }
}
