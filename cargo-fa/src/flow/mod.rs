//! What functions do, seen from their callers; and analyses that several lints share.
//!
//! | module | role |
//! |---|---|
//! | `frames` | how many ambient frames are open, place by place |
//! | `tags` | which tag is in force, and which made a box |
//! | `summary` | what a call of a function of the program amounts to |

mod frames;
mod summary;
mod tags;

pub(crate) use frames::{Depth, FrameDepth};
pub(crate) use summary::{Summaries, Summary};
pub(crate) use tags::{Freed, Site, Tag, Tags, Value, each_site, is_at_or_below};
