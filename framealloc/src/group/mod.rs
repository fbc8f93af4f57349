//! Groups: values of any types that are freed together, destructors included.
//!
//! ```text
//!   Group ──► Arena: [ value | entry, value | entry, value, value, value | value ]      chunks of the group's tag
//!     │ last                     ▲      ▲
//!     └──────────────────────────┼──────┘ an entry before what has a destructor; each knows the one before it
//!     │ nested                   │
//!     └──► Group, Group, ...     GroupHandle: group id, address        GroupId: the id of a nested group
//! ```
//!
//! | type | role |
//! |---|---|
//! | [`Group`] | owns the values; freed as a whole |
//! | [`GroupHandle`] | names a value; `Copy`, checked on each use |
//! | [`GroupId`] | names a nested group; `Copy`, checked on each use |
//! | [`GroupSummary`] | what a freed group had |
//!
//! # Choosing
//!
//! For what is loaded at many points and unloaded at one: a level, a mod, a session. Values that go one by one belong in a
//! `TypedPool`; values that go with a frame belong in the frame; scratch is for data without destructors that is made anew
//! all the time.
//!
//! # Why handles
//!
//! A [`Group`] is a value with one owner, so using it after `free_group` does not compile, and neither does keeping a
//! reference that it lent. What is *stored* are handles: references would borrow the group, and a struct cannot hold both.
//! A handle carries the group's id, which is never used again, so one of a group that is gone names nothing in any other
//! group: `get` is `None`, indexing panics and says so. The check is one comparison.
//!
//! # Who pays
//!
//! A group's chunks are heap blocks of the tag that was current when it was created, and a nested group's of the same tag
//! as the outer one's. They go back when the group is freed, on whatever thread.
//!
//! # Invariants
//!
//! * **GR1** A group owns every value in its arena's chunks, and gives the chunks up after the last destructor has run.
//!   Values do not move in between. A value with a destructor lies behind an entry that is on the group's list; the list
//!   counts an element as dropped before its destructor runs, so none runs twice.
//! * **GR2** A handle's address is that of an initialised value of its type in the group with its id. Ids are 64 bits and
//!   given once, and a group keeps its id until its chunks are gone. So a handle whose id is the group's names a value
//!   that the group owns, and the group's own borrow says how long and how exclusively it may be used.
//!
//! # Safety
//!
//! - *A destructor panics*: the remaining ones run, each once, the memory goes back, and then the first panic goes on; while
//!   the thread unwinds already, it ends here.
//! - *A constructor closure panics*: the elements made so far are dropped; their room is free again with the group.
//! - *A group is forgotten*: its values and chunks stay, a leak.
//! - *Groups are swapped or moved*: ids and chunks move along.
//! - *Another thread*: a group holds `Send` values only, so it may move; shared, it lends `Sync` values only.
//! - *The allocator is gone*: a group holds its backend and goes on.

mod entry;
mod handle;
mod nested;
mod owner;

pub use handle::{GroupHandle, GroupId};
pub use owner::{Group, GroupSummary};
