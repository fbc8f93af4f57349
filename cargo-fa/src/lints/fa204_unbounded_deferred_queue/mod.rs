//! FA204: a deferred queue that grows faster than it is drained.
#![doc = include_str!("page.md")]

mod settings;

use crate::api::Fact;
use crate::finding::{Confidence, Finding, Level};
use crate::lints::{Category, Lint, LintCx};
use crate::mir::{self, Body, Callee, Op};
use settings::{Chains, Processing, Settings};

pub(crate) static LINT: Lint = Lint {
    code: "FA204",
    name: "unbounded_deferred_queue",
    category: Category::Threading,
    level: Level::Warn,
    summary: "deferred destructors pile up: the queue grows, and no frame runs all of them",
    page: include_str!("page.md"),
};

/// More destructors per frame than this are likely to be all that a frame defers.
const MANY: u128 = 256;

pub(crate) fn check(cx: &LintCx<'_>, findings: &mut Vec<Finding>) {
    let processed = cx.model.index.functions().filter_map(|(id, _)| cx.model.body(id)).any(|function| {
        let calls = function.bodies.iter().flat_map(Body::calls);
        calls.map(|(_, call)| cx.model.facts(call)).any(|facts| facts.contains(&Fact::ProcessesDeferred))
    });
    for (_, data, function) in cx.model.functions() {
        for body in &function.bodies {
            for settings in made(cx, body) {
                findings.extend(finding(&settings, processed).map(|finding| finding.item(&data.path)));
            }
        }
    }
}

/// The settings that a body makes, each where its last method has been called.
fn made(cx: &LintCx<'_>, body: &Body) -> Vec<Settings> {
    let analysis = Chains { model: cx.model };
    if !body.calls().any(|(_, call)| analysis.changes(call)) {
        return Vec::new();
    }
    let results = mir::solve(&analysis, body);
    let mut found: Vec<Settings> = Vec::new();
    results.visit(&analysis, body, |state, _, op| {
        let known =
            |operand: &mir::Operand| operand.place.whole().and_then(|local| state.get(&local)).copied();
        match op {
            // What goes on being changed is not finished.
            Op::Call(call) if analysis.changes(call) || matches!(call.callee, Callee::Macro(_)) => {}
            Op::Call(call) => found.extend(call.args.iter().filter_map(known)),
            Op::Exit { value: Some(value), .. } => found.extend(known(value)),
            Op::Aggregate { parts, .. } => found.extend(parts.iter().filter_map(known)),
            Op::Move { from, to, .. } if to.whole().is_none() => found.extend(known(from)),
            Op::Closure { captures, .. } => found.extend(captures.iter().filter_map(known)),
            _ => {}
        }
    });
    found
}

fn finding(settings: &Settings, processed: bool) -> Option<Finding> {
    let (processing, at) = settings.processing?;
    let policy = settings.policy?;
    if !policy.grows {
        return None;
    }
    let drains = match processing {
        // Is refused when it is set.
        Processing::Incremental(Some(0)) => return None,
        Processing::Incremental(Some(1)) => "one destructor runs in each frame".to_owned(),
        Processing::Incremental(Some(most)) => format!("{most} destructors run in each frame, at most"),
        Processing::Incremental(None) => {
            "a fixed number of destructors runs in each frame, at most".to_owned()
        }
        Processing::Explicit if processed => return None,
        Processing::Explicit => "nothing in this workspace calls `process_deferred`".to_owned(),
    };
    let help = match processing {
        Processing::Explicit => {
            "call `process_deferred` once a frame, or use `DeferredProcessing::AtFrameEnd`, which runs all of them"
        }
        Processing::Incremental(_) => {
            "use `QueueFullPolicy::DropOldest`, by which a full queue runs its oldest destructor at once, or \
             `DeferredProcessing::AtFrameEnd`, which runs all of them"
        }
    };
    let message = "the queue of deferred destructors grows without a bound";
    let finding = match policy.written {
        Some(written) => Finding::new(&LINT, written, message).label("a full queue grows").also(at, drains),
        None => Finding::new(&LINT, at, message).label(drains).note(
            "the policy of a `DeferredConfig` is `QueueFullPolicy::Grow` unless `with_policy` says otherwise",
        ),
    };
    let finding = match settings.depth {
        Some(depth) => finding.also(depth, "under `Grow` the queue grows beyond this depth"),
        None => finding,
    };
    // Who sets only how many run in a frame may know that fewer are deferred.
    let sure = match (policy.written, processing) {
        (_, Processing::Incremental(Some(most))) if most > MANY => Confidence::Low,
        (Some(_), Processing::Incremental(Some(_))) => Confidence::High,
        (None, Processing::Incremental(_)) if settings.depth.is_none() => Confidence::Low,
        _ => Confidence::Medium,
    };
    Some(finding.help(help).confidence(sure))
}
