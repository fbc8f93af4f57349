//! Programs of operations, run against the allocator and a naive model of it at once.
//!
//! A [`World`] holds several allocators, frames that nest and interleave, handles and guards, and checks after each
//! operation that live blocks do not overlap, are aligned and keep their contents, and from time to time that the
//! statistics say what the model says. An error is accepted only where the backend was made to fail or a budget refuses
//! with numbers that make sense.
//!
//! Lifetimes are erased so that a program may be flat: the world drops handles before what they borrow.

mod ambient;
mod blocks;
mod context;
mod grave;
mod handles;
mod objects;
mod ops;
mod scopes;
mod statistics;
mod world;

pub(crate) use blocks::Pattern;
pub use grave::{bury, exhume};
pub use ops::{Op, any_op, random_op};
pub use world::World;
