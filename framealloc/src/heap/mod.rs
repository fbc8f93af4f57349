//! Single objects straight from the backend, with an account per tag and no lock.
//!
//! ```text
//! block of the backend:  │ padding │ HeapHeader │ value │
//!                                  ▲            ▲ aligned as the value is; the header ends here
//!                                  shared state, tag, size
//! ```
//!
//! | type | role |
//! |---|---|
//! | [`HeapBox`] | owns one object; one pointer, wide for unsized types |
//! | [`HeapAlloc`] | the heap as an allocator for containers |
//! | `HeapShared` | the backend and the meter that the headers refer to |
//!
//! # Choosing
//!
//! The pool (`pool`) is several times cheaper for objects up to 32 KiB that come and go. The heap suits what is
//! large, rare, or must return its memory at once.
//!
//! # Invariants
//!
//! - **H1** A heap object is preceded by a header that is written before the object's address is handed out and not
//!   changed until the object is freed. The object belongs to one box or one user of the allocator, who alone uses it and
//!   frees it; a box keeps a valid value in it.
//! - **H2** Each header holds one strong reference of its `HeapShared`, so that an object may outlive the allocator and
//!   be freed on any thread. Whoever frees the object gives the reference up, after the backend has the block.
//! - **H3** The addresses of the backend and the meter in `HeapShared` are those of the `Arc`s beside them, so they are valid as
//!   long as those are. A heap without the address of its backend takes every block from the system's allocator, and gives
//!   every block back to it.
//!
//! # Safety
//!
//! - *A destructor panics*: the block is freed while unwinding.
//! - *A box is forgotten*: its block and the backend stay, a leak.
//! - *What the meter calls panics* (the allocator may go with its last user, and its sinks with it): the block and its
//!   reference stay, a leak.
//! - *The backend or the meter calls back*: there is no state to be found half changed.

#![expect(unsafe_code, reason = "objects lie behind headers in raw memory")]

mod alloc;
mod boxed;
mod shared;
#[cfg(test)]
mod tests;

pub use alloc::HeapAlloc;
pub use boxed::HeapBox;
pub(crate) use shared::{HeapShared, free_any};
