//! FA205: a frame that one thread begins and another ends.
#![doc = include_str!("page.md")]

use std::collections::BTreeSet;

use crate::finding::{Confidence, Finding, Level};
use crate::flow::threads::{Spawn, caller_of, spawns};
use crate::flow::{Pair, PairDepth};
use crate::index::BodyKey;
use crate::lints::{Category, Lint, LintCx};
use crate::mir::{self, Body, Call, Callee, FnBody, Op, Run};
use crate::source::Span;

pub(crate) static LINT: Lint = Lint {
    code: "FA205",
    name: "raced_end_frame",
    category: Category::Threading,
    level: Level::Warn,
    summary: "a frame is begun on one thread and ended on another",
    page: include_str!("page.md"),
};

pub(crate) fn check(cx: &LintCx<'_>, findings: &mut Vec<Finding>) {
    let analysis = PairDepth { pair: Pair::Frame, model: cx.model, summaries: cx.summaries };
    for (id, data, function) in cx.model.functions() {
        if !cx.summaries.of(id).touches_frames {
            continue;
        }
        let spawns = spawns(cx.summaries, function);
        let bodies: BTreeSet<BodyKey> = spawns.iter().filter_map(Spawn::closure).collect();
        let begun_elsewhere = bodies.iter().find_map(|key| left_open(&analysis, function.body(*key)));
        let mut found = Vec::new();
        for spawn in &spawns {
            found.extend(ended_elsewhere(&analysis, function, spawn, begun_elsewhere.is_some()));
        }
        if let Some(begun) = begun_elsewhere {
            found.extend(ended_here(&analysis, function, begun));
        }
        findings.extend(found.into_iter().map(|finding| finding.item(&data.path)));
    }
}

/// Where a body begins a frame that it has not ended when it returns.
fn left_open(analysis: &PairDepth<'_>, body: &Body) -> Option<Span> {
    let mut open = None;
    let results = mir::solve(analysis, body);
    results.visit(analysis, body, |state, _, op| {
        if matches!(op, Op::Exit { .. }) && state.least > 0 {
            open = open.or(state.begun);
        }
    });
    open
}

/// Where the frame is begun that may be open before a call, in its body or in one around it.
fn begun_before(analysis: &PairDepth<'_>, function: &FnBody, at: BodyKey, call: &Call) -> Option<Span> {
    let (mut at, mut call) = (at, call);
    for _ in 0..16 {
        let body = function.body(at);
        let mut begun = None;
        mir::solve(analysis, body).visit(analysis, body, |state, _, op| {
            if matches!(op, Op::Call(_)) && op.span() == call.span && state.most > 0 {
                begun = state.begun;
            }
        });
        if begun.is_some() {
            return begun;
        }
        (at, _, call) = caller_of(function, at)?;
    }
    None
}

/// Whether a closure that a body runs on its own thread leaves a frame open there.
fn begins_inside(analysis: &PairDepth<'_>, function: &FnBody, key: BodyKey) -> bool {
    function.bodies.iter().any(|body| {
        let runs =
            body.runs.iter().any(|site| site.at == key && matches!(site.run, Run::Once | Run::PerItem));
        runs && left_open(analysis, body).is_some()
    })
}

/// `begin_frame` here, `end_frame` in a closure that another thread runs.
fn ended_elsewhere(
    analysis: &PairDepth<'_>,
    function: &FnBody,
    spawn: &Spawn<'_>,
    begun_elsewhere: bool,
) -> Option<Finding> {
    // `broadcast` runs on every thread of a pool: a second one may end what a first one began.
    if matches!(&spawn.call.callee, Callee::Foreign(name) if name.ends_with("broadcast")) {
        return None;
    }
    let end = analysis.unmatched_end(function.body(spawn.closure()?))?;
    if begins_inside(analysis, function, spawn.closure()?) {
        return None;
    }
    let begun = begun_before(analysis, function, spawn.at, spawn.call);
    let new = spawn.on_new_thread(function);
    if !new && (begun.is_none() || begun_elsewhere) {
        return None;
    }
    let thread = analysis.model.text(spawn.call.name_span);
    let mut finding = Finding::new(
        &LINT,
        end.span,
        format!("the closure of `{thread}` ends a frame that its thread did not begin"),
    )
    .label("ends the frame of whichever thread runs this")
    .also(spawn.call.name_span, "runs the closure on another thread");
    if let Some(span) = begun {
        finding = finding.also(span, "begun on this thread");
    } else {
        finding = finding.confidence(Confidence::Medium);
    }
    Some(finding
        .note("an ambient frame belongs to the thread that began it, and stays open until that thread ends it")
        .help("end the frame on the thread that began it, once the other threads are done with the work"))
}

/// `begin_frame` in a closure that another thread runs, `end_frame` here.
fn ended_here(analysis: &PairDepth<'_>, function: &FnBody, begun: Span) -> Option<Finding> {
    let end = analysis.unmatched_end(function.main())?;
    Some(
        Finding::new(&LINT, end.span, "this ends a frame that another thread has begun")
            .label("this thread has begun none")
            .also(begun, "begun here, on another thread")
            .note("an ambient frame belongs to the thread that began it, and stays open until that thread ends it")
            .help("begin and end the frame in the same closure; a worker can have frames of its own"),
    )
}
