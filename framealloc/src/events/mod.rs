//! Events: what an allocator tells those who subscribed.
//!
//! ```text
//!   begin_frame ─┐
//!   end_frame    ├─ the work is done and committed ─► EventHub ─► each subscriber, on the thread it happened on
//!   refill, trim ┘                                        no lock held
//! ```
//!
//! | type | role |
//! |---|---|
//! | [`Event`] | what happened, in which frame, on which thread |
//! | [`EventKind`] | the kinds, each with its numbers |
//! | [`EventHub`] | the subscribers of one allocator |
//!
//! Frame events are about `begin_frame` and `end_frame`. Scoped frames and systems are too many to tell one by one; their
//! bytes are in the event of the frame around them.
//!
//! While nobody subscribes, `begin_frame` reads one flag more. Nothing else on a fast path knows that there are events.
//!
//! # Invariants
//!
//! - **E1** Subscribers are foreign code, called as sinks are: with no lock held, after the commit, on the thread that did
//!   it. A panic in one is counted and goes no further. What they bring about themselves is told three levels deep.
//! - **E2** Whoever is told that a frame began is told that it ended, unless the subscription ended before it.

#![forbid(unsafe_code)]

mod event;
mod hub;

pub use event::{Event, EventKind};
pub(crate) use hub::EventHub;
