//! Memory for objects that outlive a frame: allocated on one thread, dropped on any, at the cost of a list operation.
//!
//! ```text
//! PoolBox ──► block ─┐   64 KiB page, found by masking the object's address
//!                    ▼
//!   ┌────────┬───────┬───────┬───────┬─ ─ ─ ─ ─┐
//!   │ header │ block │ block │ block │ untouched│   header.group ──► Group (class, tag) ──► Depot
//!   └────────┴───────┴───────┴───────┴─ ─ ─ ─ ─┘
//!
//! thread: ThreadPool.current ──► MagazineSet (tag) ──► Magazine (class): a rack in use, one in reserve
//!                                                         │  ▲  whole racks, under the group's lock
//!                                                         ▼  │
//! shared: Depot ──► Group (class, tag): full and empty racks, partial pages, one empty page ◄──► backend
//! ```
//!
//! | type | role |
//! |---|---|
//! | [`PoolBox`] | owns one object; one pointer |
//! | [`PoolAlloc`] | the pool as an allocator for containers |
//! | [`TypedPool`], [`Handle`] | many objects of one type behind generation-checked handles |
//! | [`PoolHandle`], [`Acquired`] | objects kept under keys and lent to one user at a time |
//! | `Depot` | what the threads of an allocator share |
//! | `ThreadPool` | what a thread has for itself |
//! | `Rack` | an array of free blocks, traded whole: at most 128, for which it takes 1 KiB |
//!
//! The tag of an object is that of its page, so that a free credits the owner's tag and no object carries a word for it.
//! A page serves one class and one tag only.
//!
//! # Choosing
//!
//! Frame memory is cheaper where the value dies with the frame. The heap (`heap`) serves single large objects
//! as well as this does; objects above 32 KiB or aligned to more than 4096 are blocks of the backend here too.
//!
//! # Invariants
//!
//! - **P1** A block belongs to exactly one of: a user, one rack, the free list of its page, or the part of its page that was
//!   never handed out. Whoever a block belongs to may write to it.
//! - **P2** Every page and every large object's block begins on a multiple of 64 KiB with a header; an object lies above
//!   the header it belongs to, at most 64 KiB above its start. So `(address - 1)` rounded down to 64 KiB is the header. By
//!   way of an object's pointer only its constant fields are read: `group`, and `page`, which is good for all of it.
//! - **P3** A group's pages and racks are touched under the group's lock; a header's `group` is constant. No code but
//!   this module's runs under a lock of the pool.
//! - **P4** A page in a group's list of partial pages has blocks inside and blocks outside; a page with none inside is in
//!   no list; a page with none outside is the group's one empty page or on its way to the backend.
//! - **P5** A group holds one strong reference of the depot while any of its blocks is outside the depot. So whoever has
//!   an object, or a block in a magazine, can reach header, group and depot. Groups live as long as the depot.
//! - **P6** Whoever gives a block to the depot holds an `Arc` of it across the call: when the last block comes back the
//!   group gives its reference up, and lock and group must stay until the call returns.
//! - **P7** A magazine set is written by its thread alone; the registry's lock keeps it linked and valid for readers of
//!   its counters, which are atomics written with load and store.
//! - **P8** What a `ThreadPool` points to is valid: its sets and table until `flush`, which clears the pointers first;
//!   a pool is valid from when its thread enters it into the list of its pools until it leaves, and the current one is
//!   valid until it is replaced or leaves.
//! - **P9** A rack is one `Rack` value, or on one list, or the rack in use of one magazine, whose thread alone touches it. It
//!   comes from the depot's backend and has room for a batch of its class; its first `len` slots, or those below `top` in
//!   use, hold blocks, and no others do.
//!
//! # Safety
//!
//! - *A box is forgotten*: its block stays outside, so page and depot stay. A leak, never a reuse.
//! - *A destructor panics*: the block is freed while unwinding.
//! - *A destructor uses the pool*: nothing of the pool is borrowed or locked while a value is dropped.
//! - *The allocator, its heaps and the allocating thread are gone*: P5, the depot lives on for the object's sake.
//! - *A thread without a pool, or one whose thread-locals are gone, frees*: the block goes to the group, under its lock.
//! - *The backend fails*: pages that other groups keep empty are returned and the call is tried once more; then the
//!   request fails and nothing has changed.
//! - *The backend calls back*: no lock is held and the caller's state is valid whenever a backend is called. Racks in the
//!   caller's hands are in no magazine then, and find another place if theirs was taken.
//! - *There is no memory for a rack*: objects go one by one, under the group's lock.

#![expect(unsafe_code, reason = "blocks, pages and magazines are raw memory")]

mod alloc;
mod boxed;
mod class;
mod depot;
mod group;
mod handle;
mod keyed;
mod local;
#[cfg(all(test, framealloc_loom))]
mod loom_tests;
mod magazine;
mod page;
mod rack;
mod stats;
mod sync;
#[cfg(test)]
mod tests;
mod thread;
mod typed;
#[cfg(feature = "debug")]
mod watch;

pub use alloc::PoolAlloc;
pub use boxed::PoolBox;
pub(crate) use class::charged_bytes;
pub(crate) use depot::Depot;
pub use handle::Handle;
pub use keyed::{Acquired, PoolHandle};
pub(crate) use local::{enter, leave, set_current};
pub use stats::PoolStats;
pub(crate) use thread::{ThreadPool, free_any};
pub use typed::TypedPool;
