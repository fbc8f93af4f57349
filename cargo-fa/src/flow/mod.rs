//! What functions do, seen from their callers; and analyses that several lints share.
//!
//! | module | role |
//! |---|---|
//! | `context` | what gives memory its tag, place by place |
//! | `frames` | how many ambient frames are open, place by place |
//! | `handles` | where handles of ambient frames are, and which outlive their frame |
//! | `summary` | what a call of a function of the program amounts to |
//! | `threads` | what runs on other threads |

pub(crate) mod context;
mod frames;
mod handles;
mod summary;
pub(crate) mod threads;

pub(crate) use frames::{Depth, FrameDepth};
pub(crate) use handles::{Escape, Handles, How, Site, SiteKind, escapes};
pub(crate) use summary::{Summaries, returned_call, source_of};
