//! What functions do, seen from their callers; and analyses that several lints share.
//!
//! | module | role |
//! |---|---|
//! | `context` | what gives memory its tag, place by place |
//! | `fate` | what becomes of a value by the end of its round |
//! | `handles` | where handles of ambient frames are, and which outlive their frame |
//! | `pairs` | how many ambient frames or phases are open, place by place |
//! | `rounds` | how often loops run, what a round leaves to the next |
//! | `tags` | which tag is in force, and which made a box |
//! | `summary` | what a call of a function of the program amounts to |
//! | `threads` | what runs on other threads |
//! | `values` | where values come from, how many bytes a budget is |

pub(crate) mod context;
mod fate;
mod handles;
mod pairs;
pub(crate) mod rounds;
mod summary;
mod tags;
pub(crate) mod threads;
mod values;

pub(crate) use fate::{Fate, KeptBy, fate, filled, kept_by, unwrapped};
pub(crate) use handles::{Escape, Handles, How, Site, SiteKind, escapes};
pub(crate) use pairs::{Depth, Pair, PairDepth};
pub(crate) use summary::{Summaries, returned_call};
pub(crate) use tags::{Freed, Site as TagSite, Tag, Tags, Value, each_site, is_at_or_below};
pub(crate) use values::{budgets_in, bytes, source_of, type_of};
