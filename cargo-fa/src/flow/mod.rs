//! What functions do, seen from their callers; and analyses that several lints share.
//!
//! | module | role |
//! |---|---|
//! | `pairs` | how many ambient frames or phases are open, place by place |
//! | `summary` | what a call of a function of the program amounts to |

mod pairs;
mod summary;

pub(crate) use pairs::{Depth, Pair, PairDepth};
pub(crate) use summary::{Summaries, Summary};
