//! The unsafe building blocks of frame memory: chunks, cores, arenas, slabs and lists.
//!
//! ```text
//!  Core (in a slab of its thread)            Chunk (from the backend)
//!  ┌────────────┐                            ┌────────┬──────────────┬───────────────┬─────────┐
//!  │ ptr ───────┼───────────────────────────►│ header │ charged      │ not yet       │ free    │
//!  │ limit ─────┼──────────────┐             └────────┴──────────────┴───────────────┴─────────┘
//!  │ mark ──────┼───────────┐  │                                     ▲ mark          ▲ ptr     ▲ limit
//!  │ chunk list │           └──┴── both point into the current chunk: mark <= ptr <= limit <= end
//!  └────────────┘
//! ```
//!
//! | type | role |
//! |---|---|
//! | [`chunk::Chunk`] | the header at the front of every block that frames are cut from |
//! | [`cache::ChunkCache`] | chunks not in use, by size class, hot first |
//! | [`core::Core`] | the state of one frame: bump pointer, limit, count of handles, chunks |
//! | [`arena::Arena`] | a bump pointer over several chunks, for memory that outlives frames |
//! | [`supply::ChunkSupply`] | chunks that one tag pays for |
//! | [`fill`] | filling slices in one pass |
//! | [`slab::Slab`] | fixed-size records at stable addresses |
//! | [`stack::Stack`] | a growable stack of plain records that never reaches the global allocator |
//! | [`list::PushList`] | append-only list that other threads may read |
//! | [`owning_box`] | what the boxes of pool and heap have in common |
//! | [`poison`] | what the tools are told about memory, with the feature `debug` |
//! | [`tls`] | the two words a thread keeps about the allocator it used last |
//!
//! # Invariants
//!
//! Every SAFETY comment of the frame half of this crate cites one of these.
//!
//! * **F1** A chunk belongs to exactly one of: a frame, a thread's cache, the shared depot, a quarantined frame, an arena.
//!   Every chunk begins with a non-empty header, so the end of one chunk is never the first free byte of another.
//! * **F2** A frame's chunks are recycled only on proof that nobody can reach them: for a scoped frame, the `Frame` is
//!   being dropped, so no borrow of it exists; for an ambient frame or segment, its count of handles is zero. A
//!   forgotten ambient handle keeps its chunks for ever: a reported leak, never a reuse. Counts, serials and ids are 64
//!   bits on every target, so they do not wrap.
//! * **F3** Only the owning thread touches a core, a thread heap, or anything that is reached through them without an
//!   atomic. Nothing that holds a pointer to them is `Send` or `Sync`. What other threads read is an atomic at an
//!   address that stays valid while the registry of threads is locked.
//! * **F4** The bump pointer stays inside the current chunk and never passes `limit`, which never passes the chunk's
//!   end. It is a multiple of the grain. Zero-sized types never touch it; with no chunk, `ptr == limit` and both are
//!   non-null. Sizes are rounded identically in allocate, grow, shrink and deallocate; no sum of a size and an address
//!   is formed without proof that it does not wrap.
//! * **F5** Threads, allocators, frames and objects may die in any order. A thread heap holds its allocator's shared
//!   state and is freed by the last of: its thread's exit, its frames (quarantined ones too), its guards. At exit only
//!   cached chunks go to the depot.
//! * **F6** Moving the pointer back (deallocate of the last block, shrink) never goes below `mark` and records the
//!   high-water mark first.
//! * **F7** No foreign code (sink, backend, global allocator, closure, `Drop`, `Hash`) runs between valid states: slow
//!   paths commit before they call out, hold no reference to a field across it, and read pointers again afterwards.
//! * **F8** Guards may be leaked or dropped out of order. Their state lives by value in the thread heap; a guard holds a
//!   depth and a serial, and closing it closes what lies above. A checkpoint names a core and its serial.
//! * **A1** An arena owns the chunks it links and its spare one, and reaches them alone; `ptr` and `end` are null or point
//!   into the newest chunk, `ptr <= end`, and what lies between them is nobody's.
//! * **A2** An arena moves back, or gives chunks up, only when its owner has proof that nobody reaches what is taken back.
//!
//! Boxes that own memory beyond a frame (`owning_box`):
//!
//! * **O1** For a size that is not zero, a box points to an object of its allocator for the value's layout, which belongs
//!   to this box alone: `try_place` put it there, whose caller promises a fresh object.
//! * **O2** The value is valid from the end of `try_place` until it is moved out or dropped; both consume the box.
//! * **O3** An object may be freed on any thread, and its memory stays valid until then, whatever becomes of the allocator
//!   (P5 of the pool, H2 of the heap).

pub(crate) mod arena;
#[macro_use]
pub(crate) mod box_traits;
pub(crate) mod cache;
pub(crate) mod chunk;
pub(crate) mod clock;
pub(crate) mod core;
pub(crate) mod fill;
pub(crate) mod list;
pub(crate) mod meter;
pub(crate) mod owning_box;
pub(crate) mod poison;
pub(crate) mod slab;
pub(crate) mod stack;
pub(crate) mod supply;
pub(crate) mod tls;
#[cfg(feature = "debug")]
mod tools;
