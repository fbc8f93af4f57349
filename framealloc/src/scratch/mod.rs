//! Scratch memory: what goes together, across frames, and is emptied as a whole.
//!
//! ```text
//!   ScratchPool ────── Mutex ──┐                                  ┌─► chunk ─► chunk ─► ...   bump pointer in the newest
//!        ▲                     ├─► Store: Arena, capacity, rounds ┤
//!   ScratchBox (counts)        │                                  └─► spare chunk
//!   ScratchAllocator ─ RefCell ┘
//!        ▲
//!   ScratchScope<'s> lends &'s mut                                ChunkSupply: the backend, and the tag that pays
//! ```
//!
//! | type | role |
//! |---|---|
//! | [`ScratchPool`] | a name; boxes on any thread, counted; `reset` only at zero |
//! | [`ScratchAllocator`] | one owner; plain references; `reset` borrows it mutably |
//! | [`ScratchScope`] | what `with_scope` of both lends from |
//! | [`ScratchRegistry`] | the pools of an allocator: names, bytes, reset |
//! | [`ShrinkPolicy`] | when memory goes back |
//!
//! # Choosing
//!
//! For values that several frames or threads share and that go together: a level's navigation data, a batch of jobs. What
//! goes one by one belongs in the pool, what goes with the frame in the frame, and what has destructors and goes at one
//! point in time in a [`Group`](crate::Group).
//!
//! # Who pays
//!
//! A pool's or allocator's chunks are heap blocks of the tag that was current when it was created, whoever allocates in
//! it: what is scarce is the memory held, and it is held for all users together. A refusing budget refuses a chunk, at
//! the smallest size that serves the request; what fits into chunks that are held is never refused.
//!
//! # Invariants
//!
//! * **S1** A pool's memory is handed out and taken back under its lock, and taken back only while its count of boxes and
//!   scopes, which grows under the lock alone, is zero. A box that is leaked keeps its pool's memory.
//! * **S2** Each box owns one value in its pool's chunks and one count, and holds the pool alive; a scope of a pool
//!   borrows the pool and has one count.
//! * **S3** What a [`ScratchAllocator`] lends borrows it, or a scope of it. A scope's `'s` is invariant and chosen by
//!   `with_scope`, so nothing of that lifetime exists after the closure; until then the allocator, or the outer scope,
//!   is mutably borrowed. At the scope's end the arena goes back to where it was at the beginning.
//!
//! # Example
//!
//! Scratch and groups together: a path search over a level.
//!
//! ```
//! use framealloc::{AllocError, Group, GroupHandle, SmartAlloc};
//!
//! struct Level {
//!     memory: Group, // owns tiles and names; goes as a whole
//!     tiles: GroupHandle<[u8]>,
//!     name: GroupHandle<String>,
//! }
//!
//! fn load(alloc: &SmartAlloc) -> Result<Level, AllocError> {
//!     let _tag = alloc.tag_scope("level"); // pays for the group's memory
//!     let mut memory = alloc.groups().create_group("harbour");
//!     let tiles = memory.try_alloc_slice(64 * 64, |i| (i % 7) as u8)?;
//!     let name = memory.try_alloc(String::from("harbour"))?;
//!     Ok(Level { memory, tiles, name })
//! }
//!
//! let alloc = SmartAlloc::with_defaults();
//! let level = load(&alloc)?;
//!
//! // Several threads search in one named pool; what a scope lends stays inside.
//! let paths = alloc.scratch_pool("paths");
//! let (level_ref, paths_ref) = (&level, &paths);
//! std::thread::scope(|threads| {
//!     for start in 0..4 {
//!         threads.spawn(move || {
//!             let tiles = &level_ref.memory[level_ref.tiles];
//!             let reached = paths_ref.with_scope(|s| {
//!                 let open = s.slice_from_fn(tiles.len(), |i| i >= start && tiles[i] > 0);
//!                 open.iter().filter(|open| **open).count()
//!             });
//!             assert!(reached > 3000);
//!         });
//!     }
//! });
//! paths.reset()?; // no scope is open: from the beginning again
//! assert_eq!(level.memory[level.name], "harbour");
//!
//! let freed = alloc.groups().free_group(level.memory); // destructors run; `level.memory` is gone
//! assert_eq!(freed.objects, 1 + 64 * 64);
//! # Ok::<(), AllocError>(())
//! ```

mod allocator;
mod boxed;
mod policy;
mod pool;
mod registry;
mod scope;
mod store;

pub use allocator::{ScratchAllocator, ScratchIsUsedByOneThreadAtATime};
pub use boxed::ScratchBox;
pub use policy::ShrinkPolicy;
pub use pool::ScratchPool;
pub use registry::{ScratchRegistry, ScratchStats};
pub use scope::ScratchScope;
