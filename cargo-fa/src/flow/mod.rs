//! What functions do, seen from their callers; and analyses that several lints share.
//!
//! | module | role |
//! |---|---|
//! | `pairs` | how many ambient frames or phases are open, place by place |
//! | `summary` | what a call of a function of the program amounts to |
//! | `values` | where values come from, how many bytes a budget is |

mod pairs;
mod summary;
mod values;

pub(crate) use pairs::{Depth, Pair, PairDepth};
pub(crate) use summary::{Summaries, Summary};
pub(crate) use values::{bytes, made_by, source_of};
