//! Frame memory: bump allocation with the lifetime of one frame.
//!
//! | type | role |
//! |---|---|
//! | [`Frame`] | one frame, proven by the borrow checker; hands out references and handles |
//! | [`ChildFrame`] | a frame inside a frame, for memory that may go earlier |
//! | [`FrameRef`] | a counted reference to a frame's memory; the `Allocator` behind the containers |
//! | [`FrameBox`] | owns one value, slice or trait object in frame memory |
//! | [`FrameVec`], [`FrameMap`], [`FrameSet`], [`FrameString`] | containers whose storage is frame memory |
//! | [`BoundedVec`], [`BoundedMap`] | containers that report when they are full |
//!
//! # Choosing
//!
//! `frame.alloc(value)` costs a bump of a pointer and lends `&mut T`; take it for plain data. A value with a destructor
//! needs an owner: `frame.boxed(value)`. What grows is a [`FrameVec`]. What should live beyond the frame is retained
//! (`Frame::retain`) or belongs in the pool.
//!
//! # Safety
//!
//! References and handles borrow the [`Frame`], so a use after its end does not compile. Handles from the ambient methods
//! of `SmartAlloc` count instead and keep their frame's memory alive until they drop. A handle that is leaked with
//! `mem::forget` keeps its memory (ambient) or was unreachable anyway (scoped). The invariants F1 to F8 are written down
//! in `raw/mod.rs`.
//!
//! # Invariants
//!
//! * **U1** Bytes of a frame that are lent as `str` were copied whole from `str`s, and are changed only as a `str`. Their room
//!   is taken before the first of them is copied, because a refusal panics.

mod bounded;
mod boxed;
mod child;
mod fallible;
mod init;
mod map;
mod reference;
mod scoped;
mod string;
mod uninit;
mod vec;

pub use bounded::{BoundedMap, BoundedVec};
pub use boxed::{FrameBox, FrameSlice};
pub use child::ChildFrame;
pub use map::{FrameMap, FrameSet, FrameState};
pub use reference::{FrameMemoryStaysOnItsThread, FrameRef};
pub(crate) use reference::{fail, or_fail};
pub use scoped::Frame;
pub use string::FrameString;
pub use vec::FrameVec;
