//! Which tag memory is charged to, as far as the source tells it: by scopes that are open, by attributes of systems, by
//! where a function is called.
//!
//! | module | role |
//! |---|---|
//! | `tag` | tags, from the root or below that of the caller |
//! | `scopes` | the analysis of one body: scopes that are open, tags that values name, boxes and the tag that made them |
//! | `run` | that of a function with its closures |
//! | `fields` | the tags that fields keep |
//! | `summary` | what a call of a function means for tags |
//! | `entries` | the tag that a function is entered with |
//! | `sites` | the calls that name tags |

mod entries;
mod fields;
mod run;
mod scopes;
mod sites;
mod summary;
mod tag;

use std::collections::HashMap;

pub(crate) use entries::Entry;
pub(crate) use scopes::{Freed, TagScopes, TagState, Value};
pub(crate) use sites::{Site, each_site};
pub(crate) use tag::{Tag, is_at_or_below};

use crate::index::FnId;
use crate::mir::{Body, FnBody, Op};
use crate::model::Model;
use entries::Entries;
use fields::FieldTags;
use run::FnRun;
use summary::TagSummaries;

/// The tags of a program.
#[derive(Debug, Default)]
pub(crate) struct Tags {
    summaries: TagSummaries,
    runs: HashMap<FnId, FnRun>,
    entries: Entries,
}

impl Tags {
    pub(crate) fn new(model: &Model<'_>) -> Self {
        let functions: Vec<_> = model
            .functions()
            .map(|(_, _, function)| function)
            .filter(|function| run::concerns(model, function))
            .collect();
        if functions.is_empty() {
            return Self::default();
        }
        let tags = Self::with_fields(model, &functions, FieldTags::default());
        let fields = FieldTags::new(model, &tags);
        if fields.is_empty() { tags } else { Self::with_fields(model, &functions, fields) }
    }

    fn with_fields(model: &Model<'_>, functions: &[&FnBody], fields: FieldTags) -> Self {
        let summaries = TagSummaries::new(model, functions, fields);
        let runs: HashMap<FnId, FnRun> = functions
            .iter()
            .map(|function| (function.function, FnRun::new(model, &summaries, function)))
            .collect();
        let mut tags = Self { summaries, runs, entries: Entries::default() };
        tags.entries = Entries::new(model, &tags);
        tags
    }

    /// The tag that a function is entered with.
    pub(crate) fn entry(&self, model: &Model<'_>, id: FnId) -> Entry {
        self.entries.of(model, id)
    }

    /// Calls `visit` with each operation of a function and its closures, and what is known before it; not at all for
    /// functions in which tags do not matter.
    pub(crate) fn visit(
        &self,
        model: &Model<'_>,
        id: FnId,
        mut visit: impl FnMut(&TagScopes<'_>, &Body, &TagState, &Op),
    ) {
        let (Some(run), Some(function)) = (self.runs.get(&id), model.body(id)) else { return };
        for (at, body) in function.bodies.iter().enumerate() {
            run.visit(model, &self.summaries, function, at, |scopes, state, op| {
                visit(scopes, body, state, op);
            });
        }
    }
}
