//! Phases that a way out leaves open, and ends without a begin.

use super::{LINT, Program, is_direct, phases};
use crate::finding::{Confidence, Finding};
use crate::flow::{Depth, PairDepth};
use crate::lints::LintCx;
use crate::mir::{self, BlockId, Body, Call, Const, Exit, Op, Results};
use crate::source::Span;

const GUARD: &str = "`phase_scope` returns a guard that ends the phase however the block is left";

pub(super) fn check(cx: &LintCx<'_>, program: &Program, body: &Body) -> Vec<Finding> {
    let analysis = phases(cx);
    let touched: Vec<&Call> =
        body.calls().map(|(_, call)| call).filter(|call| analysis.delta(call) != 0).collect();
    if touched.is_empty() {
        return Vec::new();
    }
    let begun = || touched.iter().filter(|call| analysis.delta(call) > 0);
    if !program.ends {
        let direct = begun().filter(|call| is_direct(cx, call));
        return direct.map(|call| never_ended(call)).collect();
    }
    let results = mir::solve(&analysis, body);
    let mut findings = Vec::new();
    let both = begun().count() > 0 && begun().count() < touched.len();
    if both {
        findings = rounds(&analysis, body, &results);
        if findings.is_empty() {
            findings = exits(&analysis, body, &results);
        }
    }
    if !program.leaves_open {
        results.visit(&analysis, body, |state, _, op| {
            if let Op::Call(call) = op
                && analysis.delta(call) < 0
                && state.most <= 0
            {
                findings.push(without_begin(call, both));
            }
        });
    }
    findings
}

fn never_ended(call: &Call) -> Finding {
    let name = name_of(call).map_or("a phase".to_owned(), |name| format!("the phase `{name}`"));
    Finding::new(&LINT, call.span, format!("{name} begins, and nothing in this program ends a phase"))
        .label("what is allocated from here on counts for it, whatever it is for")
        .help("call `end_phase` where it is over")
        .help(GUARD)
        .confidence(Confidence::Medium)
}

fn without_begin(call: &Call, both: bool) -> Finding {
    let message = if both {
        "this ends a phase, but all that were begun have ended"
    } else {
        "this ends a phase, but nothing in this program leaves one open"
    };
    Finding::new(&LINT, call.span, message)
        .label("there is no phase to end: this does nothing, or ends one of the caller")
        .help("remove the call, or begin the phase that it ends")
        .help(GUARD)
        .confidence(Confidence::Medium)
}

/// The phase that a call begins.
fn name_of(call: &Call) -> Option<&str> {
    match call.given().first()?.value.as_ref()? {
        Const::Str(name) => Some(name),
        _ => None,
    }
}

fn phase_at(body: &Body, begun: Option<Span>) -> String {
    let call = body.calls().map(|(_, call)| call).find(|call| Some(call.span) == begun);
    call.and_then(name_of).map_or("a phase".to_owned(), |name| format!("the phase `{name}`"))
}

fn with_begin(finding: Finding, begun: Option<Span>) -> Finding {
    match begun {
        Some(begun) => finding.also(begun, "begun here"),
        None => finding,
    }
}

/// Rounds of loops that end with more phases open than they began with.
fn rounds(analysis: &PairDepth<'_>, body: &Body, results: &Results<Depth>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for from in (0..body.blocks.len() as u32).map(BlockId) {
        let Some(state) = results.at_end(analysis, body, from) else { continue };
        for &head in &body.block(from).next {
            let Some(before) = analysis.grown(body, results, from, head, &state) else { continue };
            let jump = body.block(from).ops.iter().find_map(|op| match op {
                Op::Jump { span } => Some(*span),
                _ => None,
            });
            let begun = state.begun.or(before.begun);
            let Some(span) = jump.or(begun) else { continue };
            let phase = phase_at(body, begun);
            let finding = Finding::new(&LINT, span, format!("this round ends while {phase} is open"))
                .label("the next round begins it inside itself")
                .help("call `end_phase` before the round ends")
                .help(GUARD);
            findings.push(if jump.is_some() { with_begin(finding, begun) } else { finding });
        }
    }
    findings
}

/// Ways out that leave a phase open which others end.
fn exits(analysis: &PairDepth<'_>, body: &Body, results: &Results<Depth>) -> Vec<Finding> {
    let mut ways: Vec<(Depth, Span, Exit)> = Vec::new();
    let mut certain: Vec<Span> = Vec::new();
    results.visit(analysis, body, |state, _, op| match op {
        Op::Exit { kind, span, .. } => ways.push((*state, *span, *kind)),
        // Here it is known how many are open, so that ends further down are of this one.
        Op::Call(call) if analysis.delta(call) > 0 && state.least == state.most => certain.push(call.span),
        _ => {}
    });
    // A function that leaves as many open on each way is one half of a pair.
    let Some((first, ..)) = ways.first() else { return Vec::new() };
    let net = |state: &Depth| (state.least, state.most);
    if first.least == first.most && ways.iter().all(|(state, ..)| net(state) == net(first)) {
        return Vec::new();
    }
    let least = ways.iter().map(|(state, ..)| state.least).min().unwrap_or(0);
    let mut findings: Vec<Finding> = Vec::new();
    for (state, span, kind) in ways {
        let begins_here = state.begun.is_some_and(|begun| certain.contains(&begun));
        let open = state.least > least.max(0);
        if !open && (state.most <= 0 || state.least < 0 || !begins_here) {
            continue;
        }
        let phase = phase_at(body, state.begun);
        let finding = match (kind, state.begun) {
            (Exit::End, Some(begun)) => {
                Finding::new(&LINT, begun, format!("{phase} is not ended on every way"))
                    .label("begun here")
                    .also(span, "this may be reached while it is open")
            }
            (Exit::Question, _) => with_begin(
                Finding::new(&LINT, span, format!("`?` returns while {phase} is open")),
                state.begun,
            )
            .label("the phase is still open here"),
            _ => with_begin(
                Finding::new(&LINT, span, format!("this returns while {phase} is open")),
                state.begun,
            )
            .label("the phase is still open here"),
        };
        let finding = finding.help("call `end_phase` before leaving").help(GUARD);
        let finding = if open { finding } else { finding.confidence(Confidence::Medium) };
        if findings.iter().all(|known| known.primary.span != finding.primary.span) {
            findings.push(finding);
        }
    }
    findings
}
