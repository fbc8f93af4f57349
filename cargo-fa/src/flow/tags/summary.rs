//! What a call of a function of the program means for tags: what it returns, and which boxes it frees.

use std::collections::HashMap;

use super::fields::FieldTags;
use super::run::FnRun;
use super::scopes::{TagScopes, TagState};
use super::{Tag, Value};
use crate::index::FnId;
use crate::mir::{Body, Exit, FnBody, Local, LocalKind, Op, Results};
use crate::model::Model;

/// Tags are as seen from the function: [`Tag::Nested`] is below the caller's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct TagSummary {
    pub(super) returns: Option<Value>,
    /// Per argument, the tag under which its box goes, when it always does.
    pub(super) frees: Vec<Option<Tag>>,
}

#[derive(Debug, Default)]
pub(crate) struct TagSummaries {
    by_function: HashMap<FnId, TagSummary>,
    pub(super) fields: FieldTags,
}

/// How long a chain of calls may be until what its end does is seen at its start.
const ROUNDS: usize = 4;

impl TagSummaries {
    pub(super) fn new(model: &Model<'_>, functions: &[&FnBody], fields: FieldTags) -> Self {
        let mut known = Self { fields, ..Self::default() };
        for _ in 0..ROUNDS {
            let next: HashMap<FnId, TagSummary> = functions
                .iter()
                .map(|function| (function.function, summarize(model, &known, function)))
                .filter(|(_, summary)| *summary != TagSummary::default())
                .collect();
            if next == known.by_function {
                break;
            }
            known.by_function = next;
        }
        known
    }

    pub(super) fn of(&self, id: FnId) -> Option<&TagSummary> {
        self.by_function.get(&id)
    }
}

fn summarize(model: &Model<'_>, known: &TagSummaries, function: &FnBody) -> TagSummary {
    let run = FnRun::new(model, known, function);
    let body = function.main();
    let mut frees: Vec<Vec<Tag>> = vec![Vec::new(); body.params.len()];
    run.visit(model, known, function, 0, |scopes, state, op| {
        for freed in scopes.frees(body, state, op) {
            if let Value::Given(at) = freed.value {
                frees[at].push(freed.under);
            }
        }
    });
    let one = |mut tags: Vec<Tag>| {
        let first = tags.pop()?;
        tags.iter().all(|tag| *tag == first).then_some(first)
    };
    let frees: Vec<Option<Tag>> = frees.into_iter().map(one).collect();
    let frees = if frees.iter().all(Option::is_none) { Vec::new() } else { frees };
    TagSummary { returns: run.returned(model, known, function), frees }
}

/// What a body returns, when every way to its end agrees. A way that returns nothing does not count.
pub(super) fn returned(scopes: &TagScopes<'_>, body: &Body, results: &Results<TagState>) -> Option<Value> {
    let mut returns: Vec<Option<Value>> = Vec::new();
    results.visit(scopes, body, |state, _, op| {
        if let Op::Exit { kind: Exit::End | Exit::Return, value: Some(value), .. } = op
            && let Some(local) = value.place.whole()
            && !is_bare(body, local)
        {
            returns.push(state.handed_out(local));
        }
    });
    let first = returns.pop().flatten()?;
    returns.iter().all(|other| same(other.as_ref(), &first)).then_some(first)
}

/// The same tag, wherever the box was made.
fn same(one: Option<&Value>, other: &Value) -> bool {
    match (one, other) {
        (Some(Value::Made { tag: one, .. }), Value::Made { tag: other, .. }) => one == other,
        (one, other) => one == Some(other),
    }
}

/// A path as a value, `None` for example: nothing computes it.
fn is_bare(body: &Body, local: Local) -> bool {
    let writes = |op: &Op| match op {
        Op::Call(call) => call.dest == local,
        Op::Move { to, .. } => to.whole() == Some(local),
        Op::Aggregate { dest, .. } | Op::Closure { dest, .. } => *dest == local,
        _ => false,
    };
    let writer = body.ops().find(|(_, op)| writes(op));
    match writer {
        None => body.local(local).kind == LocalKind::Temporary,
        // A block's value is moved out of it.
        Some((_, Op::Move { from, .. })) => {
            from.place.whole().is_some_and(|from| from != local && is_bare(body, from))
        }
        Some(_) => false,
    }
}
