//! Destructors that run later, on the thread that drives frames.
//!
//! ```text
//!   defer_drop(value) ─┐                       ┌─► begin_frame | end_frame | process_deferred
//!   DeferredBox drops ─┼─► [ node ]─►[ node ]──┤       on one thread, in order
//!   unreceived value  ─┘    full? the policy   └─► who finds it full runs the oldest (DropOldest, Block)
//! ```
//!
//! A node is an object of the pool that holds the value, so a [`DeferredBox`] needs no memory when it is dropped. The
//! queue is a list under a lock; what runs is taken out first (W3, W4).

mod boxed;
mod config;
mod node;
mod queue;
mod stats;

pub use boxed::DeferredBox;
pub use config::{DeferredConfig, DeferredProcessing, QueueFullPolicy};
pub(crate) use node::Node;
pub(crate) use queue::{DeferredQueue, Moment, defer};
pub use stats::{DeferredStats, NotDeferred};
