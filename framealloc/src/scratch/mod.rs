//! Scratch memory: named pools that live across frames and are emptied as a whole.
//!
//! ```text
//!   ScratchPool ── Mutex ── chunk ─► chunk      bump pointer in the newest one
//!        ▲
//!   ScratchBox (counts)                          reset only at zero
//! ```
//!
//! # Choosing
//!
//! For values that several frames or threads share and that go together: a level's navigation data, a batch of jobs. What
//! goes one by one belongs in the pool, what goes with the frame in the frame.
//!
//! # Invariants
//!
//! * **S1** A pool's chunks are given back or reused only while its count of boxes is zero, under its lock. A box that is
//!   leaked keeps its pool's memory.
//! * **S2** Each box owns one value in its pool's chunks and one count, and holds the pool alive.

mod boxed;
mod pool;

pub use boxed::ScratchBox;
pub use pool::ScratchPool;
pub(crate) use pool::ScratchPools;
