//! Streamed data: loaded in pieces, kept within a budget, evicted by priority and age.
//!
//! ```text
//!            begin_load                 finish_load
//! reserve ──► Loading ──► StreamLoad ──► Loaded ──► access ──► StreamData   stays while one is alive
//!                ▲                         │
//!                └─── begin_load ── Evicted ◄── another reservation needs the room
//! ```
//!
//! | type | role |
//! |---|---|
//! | [`StreamId`] | names a resource; `Copy`, never reused |
//! | [`StreamPriority`] | what goes first |
//! | [`StreamLoad`] | writes a resource; one at a time |
//! | [`StreamData`] | reads a resource; keeps its memory |
//! | [`StreamStats`], [`StreamEvent`] | what there is, what happened |
//! | `StreamStore` | the resources of an allocator |
//! | `Room`, `Block` | bytes of the budget; memory that holds some |
//!
//! # Choosing
//!
//! For data that can be loaded again: textures, meshes, sounds, parts of a level. What cannot belongs to the heap or
//! behind handles.
//!
//! # Invariants
//!
//! - **N1** The bytes in use are the sum of the rooms that exist. A block has the room for its bytes, and loses it with
//!   them, or a moment before when it is evicted, under the lock.
//! - **N2** A block is evicted only while nobody but the store has it, which the lock keeps so: references are handed out
//!   under it alone.
//! - **N3** A critical resource is never evicted for another one. Others are evicted for a request of at least their own
//!   priority, lower ones first, and of equal ones the one that was not used for longest. If all that may go is not
//!   enough, nothing goes.
//!
//! # Safety
//!
//! This area has no unsafe code. Memory is freed, and callbacks are called, with no lock held.

#![forbid(unsafe_code)]

mod block;
mod load;
mod names;
mod store;

pub(crate) use block::Block;
pub use block::StreamData;
pub use load::StreamLoad;
pub use names::{StreamError, StreamEvent, StreamId, StreamPriority, StreamProgress, StreamStats};
pub(crate) use store::{Begun, Shortage, StreamStore};
