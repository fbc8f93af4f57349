//! What functions do, seen from their callers; and analyses that several lints share.
//!
//! | module | role |
//! |---|---|
//! | `frames` | how many ambient frames are open, place by place |
//! | `summary` | what a call of a function of the program amounts to |

mod frames;
mod summary;

pub(crate) use frames::{Depth, FrameDepth};
pub(crate) use summary::{Summaries, Summary};
