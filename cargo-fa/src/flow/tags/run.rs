//! The analysis of a function with its closures.

use super::Tag;
use super::scopes::{TagScopes, TagState, Value, boxed};
use super::summary::{TagSummaries, returned};
use crate::api::Fact;
use crate::mir::{self, Body, Call, Callee, FnBody, Local, Op, Results, Run};
use crate::model::Model;

/// The results of each body, and the states that they start with.
#[derive(Debug)]
pub(super) struct FnRun {
    starts: Vec<TagState>,
    results: Vec<Results<TagState>>,
}

impl FnRun {
    pub(super) fn new(model: &Model<'_>, known: &TagSummaries, function: &FnBody) -> Self {
        let mut run = Self { starts: Vec::new(), results: Vec::new() };
        for at in 0..function.bodies.len() {
            let start = run.start(model, known, function, at);
            let scopes = TagScopes { model, known, function, body: &function.bodies[at], start };
            run.results.push(mir::solve(&scopes, &function.bodies[at]));
            run.starts.push(scopes.start);
        }
        run
    }

    /// The state at the start of a body. Those around it come first.
    fn start(&self, model: &Model<'_>, known: &TagSummaries, function: &FnBody, at: usize) -> TagState {
        let body = &function.bodies[at];
        let Some(parent) = body.parent else {
            let entry = model.system(function.function).map(|system| Tag::Rooted(system.tag.clone()));
            let given = body.params.iter().enumerate();
            let given = given.filter(|(_, param)| boxed(model, &body.local(**param).ty, 0));
            return given.fold(TagState::new(entry.unwrap_or(Tag::ENTRY)), |state, (at, param)| {
                state.with(*param, Value::Given(at))
            });
        };
        let around = &function.bodies[parent.0 as usize];
        let mut base: Option<Tag> = None;
        let mut names: Vec<(Local, Value)> = Vec::new();
        self.visit(model, known, function, parent.0 as usize, |scopes, state, op| match op {
            Op::Call(call) => {
                for site in body.runs.iter().filter(|site| site.span == call.span) {
                    let tag = entered(scopes, state, call, site.run);
                    base = Some(match base.take() {
                        None => tag,
                        Some(before) => before.join(&tag),
                    });
                }
            }
            Op::Closure { body: made, .. } if made.0 as usize == at => {
                let known = body.captures.iter().filter_map(|capture| {
                    let value = state.value(capture.outer)?;
                    matches!(value, Value::Names(_)).then(|| (capture.inner, value.clone()))
                });
                names = known.collect();
            }
            _ => {}
        });
        let sites =
            around.calls().filter(|(_, call)| body.runs.iter().any(|site| site.span == call.span)).count();
        let base = base.filter(|_| sites >= body.runs.len()).unwrap_or(Tag::Unknown);
        names.into_iter().fold(TagState::new(base), |state, (local, value)| state.with(local, value))
    }

    pub(super) fn visit(
        &self,
        model: &Model<'_>,
        known: &TagSummaries,
        function: &FnBody,
        at: usize,
        mut visit: impl FnMut(&TagScopes<'_>, &TagState, &Op),
    ) {
        let body = &function.bodies[at];
        let scopes = TagScopes { model, known, function, body, start: self.starts[at].clone() };
        self.results[at].visit(&scopes, body, |state, _, op| visit(&scopes, state, op));
    }

    /// What the function returns.
    pub(super) fn returned(
        &self,
        model: &Model<'_>,
        known: &TagSummaries,
        function: &FnBody,
    ) -> Option<Value> {
        let body = function.main();
        let scopes = TagScopes { model, known, function, body, start: self.starts[0].clone() };
        returned(&scopes, body, &self.results[0])
    }
}

/// The tag in force in a closure that a call runs.
fn entered(scopes: &TagScopes<'_>, state: &TagState, call: &Call, run: Run) -> Tag {
    match run {
        Run::Once | Run::PerItem if scopes.model.facts(call).contains(&Fact::RunsInside) => {
            match scopes.naming(call) {
                Some((operand, nesting)) => scopes.named(state, operand, nesting),
                None => state.current().clone(),
            }
        }
        Run::Once | Run::PerItem => state.current().clone(),
        // A new thread has no tag; one of a pool may run this while it waits for something else.
        Run::DetachedThread if is_new_thread(call) => Tag::NONE,
        Run::DetachedThread | Run::ScopedThread => Tag::Unknown,
    }
}

fn is_new_thread(call: &Call) -> bool {
    matches!(&call.callee, Callee::Foreign(name) if matches!(name.as_str(), "std::thread::spawn" | "thread::spawn"))
}

/// Whether tags, or boxes made under them, matter in a function.
pub(super) fn concerns(model: &Model<'_>, function: &FnBody) -> bool {
    let typed = |body: &Body| body.locals.iter().any(|local| matters(model, &local.ty));
    let named = |body: &Body| {
        body.calls().any(|(_, call)| model.facts(call).iter().any(|fact| matches!(fact, Fact::Tag(..))))
    };
    function.bodies.iter().any(|body| typed(body) || named(body))
}

fn matters(model: &Model<'_>, ty: &crate::index::Ty) -> bool {
    matches!(model.index.ours(ty), Some("Tag" | "TagGuard" | "TaggedAllocator" | "TaskGuard"))
        || boxed(model, ty, 0)
}
