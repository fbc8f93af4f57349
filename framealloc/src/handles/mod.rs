//! Objects that are reached through handles, so that they can be moved together and their pages given back.
//!
//! ```text
//! ObjectHandle ──► Slot ──► place ─┐            resolve, pin, free: one atomic word of the slot, no lock
//! (allocator,      (word)          ▼
//!  index,                  ┌──────┬────────┬──────┬────────┬─ ─┐
//!  generation)             │ page │ object │ hole │ object │   │   alloc, free, move: under one lock
//!                          └──────┴────────┴──────┴────────┴─ ─┘
//!                           64 KiB; objects above 16 KiB have a block of the backend each
//! ```
//!
//! | type | role |
//! |---|---|
//! | [`ObjectHandle`], [`ObjectId`] | names an object; `Copy`, checked on each use |
//! | [`HandleRef`], [`HandleMut`] | borrow an object; it stays where it is meanwhile |
//! | [`HandleStats`], [`Defragmented`], [`Relocation`] | what there is, what a call did, what was moved |
//! | `Word` | generation, pins, readers, writer, mover in one atomic word |
//! | `Table` | the slots, at stable addresses |
//! | `Space`, `Bins` | pages and the holes in them |
//! | `Pass` | how far compaction has come |
//!
//! # Choosing
//!
//! The pool is cheaper where memory need not be given back while objects live. A `TypedPool` has handles too, without
//! borrows that are checked at run time. What is loaded from files belongs into streaming memory.
//!
//! # Invariants
//!
//! - **C1** Directories and segments of the table are initialised before they are published, and stay until the table is
//!   released by whoever has it alone. So a slot, once found, is valid as long as the heap.
//! - **C2** An object is a valid value of the type of its handles from `publish` until its destructor is called. It is
//!   lent out, or pinned, only with a count in its word that was granted for its generation; it is moved only under the
//!   lock and with the mark of the mover, which is granted when nothing is counted; it is dropped by the one change of its
//!   word that leaves it condemned with nothing counted, and its slot is vacated after that. The other fields of a slot
//!   are written while it is vacant and under the lock, or (the place) by the mover; they are read by whoever has a count,
//!   by the mover, and by whoever drops the object.
//! - **C3** A page is live from its creation until the space gives it up, when it has no object. From its header to its
//!   end lie blocks, without a gap: each knows its size and that of the one before. Pages and blocks are reached under the
//!   lock, or by whoever has the heap alone. Sizes and addresses of blocks are multiples of the granule.
//! - **C4** The holes of open pages, and no other blocks, are in the bin of their size. A closed page, which is being
//!   emptied, has none in the bins; nothing is placed there and its blocks are not merged.
//!
//! # Safety
//!
//! - *A guard or a pin is forgotten*: its object stays where it is until the allocator goes. Its handle may be freed.
//! - *A handle is freed while it is borrowed*: it is stale at once, the object is dropped by the last that lets go.
//! - *A destructor or a callback uses the handles*: no lock is held; the object being dropped is stale by then.
//! - *A destructor or a callback panics*: slot and memory are given back while unwinding; a move was done before.
//! - *The backend calls back or fails*: no lock is held; nothing has changed.
//! - *A generation would wrap*: the slot is used no more.

#![expect(unsafe_code, reason = "objects are moved and dropped as raw memory")]

mod bins;
mod compact;
mod guard;
mod handle;
mod heap;
mod page;
mod space;
mod stats;
mod table;
mod word;

pub(crate) use guard::typed;
pub use guard::{HandleMut, HandleRef, HandleTarget};
pub use handle::{HandleError, ObjectHandle, ObjectId};
pub(crate) use heap::HandleHeap;
pub use stats::{Defragmented, HandleStats, Relocation};
