//! What functions do, seen from their callers; and analyses that several lints share.
//!
//! | module | role |
//! |---|---|
//! | `fate` | what becomes of a value by the end of its round |
//! | `pairs` | how many ambient frames or phases are open, place by place |
//! | `rounds` | how often loops run, what a round leaves to the next |
//! | `summary` | what a call of a function of the program amounts to |
//! | `values` | where values come from, how many bytes a budget is |

mod fate;
mod pairs;
pub(crate) mod rounds;
mod summary;
mod values;

pub(crate) use fate::{Fate, KeptBy, fate, filled, kept_by, unwrapped};
pub(crate) use pairs::{Depth, Pair, PairDepth};
pub(crate) use summary::{Summaries, Summary};
pub(crate) use values::{bytes, made_by, source_of};
