//! Who is told.

use core::fmt;
use std::sync::Arc;
use std::thread::ThreadId;

use super::event::{Event, EventKind};
use crate::diagnostics::listeners::{self, Listeners};
use crate::sys::attention::Attention;

/// What a subscriber is: a closure that takes events.
type Subscriber = dyn Fn(&Event) + Send + Sync;

/// The subscribers of one allocator.
pub(crate) struct EventHub {
    subscribers: Listeners<Subscriber>,
    /// Subscribers, and whoever else wants frames to take the path on which they are noticed, are its watchers.
    attention: Arc<Attention>,
}

impl EventHub {
    pub(crate) fn new(attention: Arc<Attention>) -> Self {
        Self { subscribers: Listeners::default(), attention }
    }

    /// Whether frames are noticed one by one.
    pub(crate) fn is_watched(&self) -> bool {
        self.attention.is_watched()
    }

    /// Whether anybody subscribes.
    pub(crate) fn has_subscribers(&self) -> bool {
        self.subscribers.len() != 0
    }

    /// Whether somebody is told now.
    pub(crate) fn is_heard(&self) -> bool {
        self.has_subscribers() && listeners::may_deliver()
    }

    /// Somebody wants frames to be noticed without being told of them.
    pub(crate) fn watch(&self) {
        self.attention.watch();
    }

    /// Takes one [`watch`](Self::watch) back.
    pub(crate) fn unwatch(&self) {
        self.attention.unwatch();
    }

    pub(crate) fn subscribe(&self, subscriber: Arc<Subscriber>) -> u64 {
        let id = self.subscribers.add(subscriber);
        self.watch();
        id
    }

    pub(crate) fn unsubscribe(&self, id: u64) {
        if self.subscribers.remove(id) {
            self.unwatch();
        }
    }

    /// How many times a subscriber panicked.
    pub(crate) fn panics(&self) -> u64 {
        self.subscribers.panics()
    }

    /// Tells everybody (E1). What it costs is not the program's heap traffic.
    #[cold]
    #[inline(never)]
    pub(crate) fn tell(&self, frame: u64, thread: ThreadId, kind: impl FnOnce() -> EventKind) {
        if self.is_heard() {
            let event = Event { frame, thread, kind: kind() };
            self.subscribers.call(|subscriber| subscriber(&event));
        }
    }
}

impl fmt::Debug for EventHub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventHub").field("subscribers", &self.subscribers.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn watched_while_somebody_subscribes() {
        let (hub, thread) = (EventHub::new(Arc::new(Attention::new())), std::thread::current().id());
        assert!(!hub.is_watched());
        let ids = [hub.subscribe(Arc::new(|_| ())), hub.subscribe(Arc::new(|_| panic!("a subscriber")))];
        hub.tell(3, thread, || EventKind::FrameBegun { driver: true });
        assert!(hub.is_watched() && hub.is_heard());
        assert_eq!(hub.panics(), 1);
        ids.into_iter().chain(ids).for_each(|id| hub.unsubscribe(id));
        assert!(!hub.is_watched() && !hub.is_heard());
        hub.tell(4, thread, || panic!("nobody listens, so nothing is made"));
    }
}
