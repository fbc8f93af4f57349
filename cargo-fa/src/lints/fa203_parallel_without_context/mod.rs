//! FA203: other threads allocate for a tag that they are not in.
#![doc = include_str!("page.md")]

use std::collections::BTreeSet;

use crate::api::{Memory, Scope};
use crate::finding::{Confidence, Finding, Level};
use crate::flow::context::{Event, Tagged, What, in_force, untagged};
use crate::flow::threads::{Spawn, named, spawns};
use crate::index::FnId;
use crate::lints::{Category, Lint, LintCx};
use crate::mir::{Body, Callee, Const, FnBody, Run};
use crate::source::Span;

pub(crate) static LINT: Lint = Lint {
    code: "FA203",
    name: "parallel_without_context",
    category: Category::Threading,
    level: Level::Warn,
    summary: "other threads allocate for a system or tag without its context",
    page: include_str!("page.md"),
};

pub(crate) fn check(cx: &LintCx<'_>, findings: &mut Vec<Finding>) {
    for (id, data, function) in cx.model.functions() {
        if cx.summaries.of(id).allocates.is_empty() {
            continue;
        }
        let mut found = Vec::new();
        for spawn in spawns(cx.summaries, function) {
            found.extend(on_other_threads(cx, id, function, &spawn));
        }
        found.extend(in_functions_that_spawn(cx, id, function));
        let mut seen = BTreeSet::new();
        found.retain(|finding| seen.insert(finding.primary.span));
        findings.extend(found.into_iter().map(|finding| finding.item(&data.path)));
    }
}

/// Allocations in a closure, or a function, that is handed to another thread here.
fn on_other_threads(cx: &LintCx<'_>, id: FnId, function: &FnBody, spawn: &Spawn<'_>) -> Option<Finding> {
    let tagged = in_force(cx.model, function, spawn.at, spawn.call)?;
    // A phase is entered by its name; which one that is does not matter here.
    let for_phase = matches!(tagged, Tagged::Guard(Scope::Phase, _));
    let events = match spawn.closure() {
        Some(key) => untagged(cx.model, cx.summaries, function, key, true),
        None => Vec::new(),
    };
    let mut events: Vec<Event<'_>> = events
        .into_iter()
        .filter(|event| event.allocation().is_some() && !(for_phase && event.in_phase))
        .collect();
    events.sort_by_key(|event| event.call.span);
    let by_name = named(spawn.work).and_then(|id| Some((id, cx.summaries.of(id).untagged?.0)));
    let (at, memory, through) = match (events.first(), by_name) {
        (Some(event), _) => match event.what {
            What::Through(through, memory, _) => (event.call.span, memory, Some(through)),
            _ => (event.call.span, event.allocation()?.0, None),
        },
        (None, Some((through, memory))) => (spawn.work.span, memory, Some(through)),
        (None, None) => return None,
    };
    let direct = through.is_none()
        && spawn.run == Run::ScopedThread
        && matches!(&spawn.call.callee, Callee::Foreign(name) if !may_run_here(name));
    let name = through.map(|id| format!("`{}` ", cx.model.index.function(id).name())).unwrap_or_default();
    let label = format!("{name}allocates {} on another thread, {}", of(memory), outside(tagged));
    let thread = cx.model.text(spawn.call.name_span);
    let finding = Finding::new(&LINT, at, message(cx, id, function, tagged))
        .label(label)
        .also(spawn.call.name_span, format!("`{thread}` runs this on another thread"))
        .confidence(if direct { Confidence::High } else { Confidence::Medium });
    Some(explained(cx, id, tagged, finding))
}

/// Calls of functions that hand allocations to other threads, where a tag is in force.
fn in_functions_that_spawn(cx: &LintCx<'_>, id: FnId, function: &FnBody) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (at, body) in function.iter() {
        for (_, call) in body.calls() {
            let Callee::Fn(callee) = call.callee else { continue };
            let Some(span) = cx.summaries.of(callee).hands_over else { continue };
            let Some(tagged) = in_force(cx.model, function, at, call) else { continue };
            let name = cx.model.index.function(callee).name();
            let finding = Finding::new(&LINT, span, message(cx, id, function, tagged))
                .label(format!("allocates on another thread, {}", outside(tagged)))
                .also(call.span, format!("`{name}` is called under the tag, and hands this to other threads"))
                .confidence(Confidence::Medium);
            findings.push(explained(cx, id, tagged, finding));
        }
    }
    findings
}

/// Whether rayon runs the closure on this thread when that is one of its own.
fn may_run_here(name: &str) -> bool {
    matches!(name.rsplit("::").next(), Some("join" | "scope" | "scope_fifo" | "install"))
}

fn outside(tagged: Tagged) -> &'static str {
    match tagged {
        Tagged::Guard(Scope::Phase, _) => "outside of the phase",
        _ => "without a tag",
    }
}

fn message(cx: &LintCx<'_>, id: FnId, function: &FnBody, tagged: Tagged) -> String {
    let named = |at: Span| {
        let calls = function.bodies.iter().flat_map(Body::calls).map(|(_, call)| call);
        let mut args = calls.filter(|call| call.span == at).flat_map(|call| &call.args);
        args.find_map(|arg| match &arg.value {
            Some(Const::Str(name)) => Some(format!(" `{name}`")),
            _ => None,
        })
    };
    match tagged {
        Tagged::System => {
            let name = cx.model.index.function(id).name();
            format!("threads allocate for the system `{name}` without its context")
        }
        Tagged::Guard(Scope::Phase, at) => match named(at) {
            Some(name) => format!("threads allocate for the phase{name}, which they are not in"),
            None => "threads allocate for a phase that they are not in".into(),
        },
        Tagged::Guard(_, at) => match named(at) {
            Some(name) => format!("threads allocate for the tag{name}, which they are not in"),
            None => "threads allocate for a tag that they are not in".into(),
        },
        Tagged::Inside(_) => "threads allocate for a tag that they are not in".into(),
    }
}

fn explained(cx: &LintCx<'_>, id: FnId, tagged: Tagged, finding: Finding) -> Finding {
    let (at, label) = match tagged {
        Tagged::System => {
            let system = cx.model.system(id).map(|system| (system.span, system.tag.clone()));
            let (span, tag) = system.unwrap_or((finding.primary.span, String::new()));
            (span, format!("the system's tag is `{tag}` on its own thread only"))
        }
        Tagged::Guard(Scope::Phase, span) => (span, "the phase begins on this thread only".to_owned()),
        Tagged::Guard(Scope::Context, span) => {
            (span, "the context is entered on this thread only".to_owned())
        }
        Tagged::Guard(_, span) => (span, "the tag is entered on this thread only".to_owned()),
        Tagged::Inside(span) => (span, "the tag is entered on this thread only".to_owned()),
    };
    finding
        .also(at, label)
        .note("what these threads allocate counts for no tag, and no budget of a tag holds it back")
        .help(
            "capture a context before (`let context = TaskContext::of(alloc);`) and enter it where the thread begins \
             (`let _context = context.enter();`)",
        )
}

fn of(memory: Memory) -> &'static str {
    match memory {
        Memory::Pool => "memory of the pool",
        Memory::Heap => "heap memory",
        _ => "frame memory",
    }
}
