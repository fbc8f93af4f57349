//! FA603: a frame that is begun and not ended on every way.
#![doc = include_str!("page.md")]

mod callers;

use crate::finding::{Finding, Level};
use crate::flow::{Depth, Pair, PairDepth};
use crate::lints::{Category, Lint, LintCx};
use crate::mir::{self, BlockId, Body, Exit, Op, Results};
use crate::source::Span;

pub(crate) static LINT: Lint = Lint {
    code: "FA603",
    name: "open_frame",
    category: Category::DirtyMem,
    level: Level::Warn,
    summary: "a frame is begun and, on some way, not ended, or a system ends that of its caller",
    page: include_str!("page.md"),
};

pub(crate) fn check(cx: &LintCx<'_>, findings: &mut Vec<Finding>) {
    callers::check(cx, findings);
    for (_, data, function) in cx.model.functions() {
        let analysis = PairDepth { pair: Pair::Frame, model: cx.model, summaries: cx.summaries };
        // A closure ends what the function around it begins, or was meant to (FA205).
        if function.bodies[1..].iter().any(|body| analysis.unmatched_end(body).is_some()) {
            continue;
        }
        for body in &function.bodies {
            let found = check_body(cx, body);
            findings.extend(found.into_iter().map(|finding| finding.item(&data.path)));
        }
    }
}

fn check_body(cx: &LintCx<'_>, body: &Body) -> Vec<Finding> {
    let analysis = PairDepth { pair: Pair::Frame, model: cx.model, summaries: cx.summaries };
    let begins = body.calls().any(|(_, call)| analysis.delta(call) > 0);
    if !begins {
        return Vec::new();
    }
    let ends = body.calls().any(|(_, call)| analysis.delta(call) < 0);
    let results = mir::solve(&analysis, body);
    let mut findings = rounds_that_leave_it_open(&analysis, body, &results, ends);
    // Rounds that leave frames open make `most` grow everywhere after them.
    let certain = !findings.is_empty();
    // A function that only begins is one half of a pair.
    if ends {
        results.visit(&analysis, body, |state, _, op| {
            let open = if certain { state.least } else { state.most };
            if let Op::Exit { kind, span, .. } = op
                && open > 0
                && *kind != Exit::End
            {
                findings.push(early_exit(*span, *kind, state));
            }
        });
    }
    findings
}

fn early_exit(span: Span, kind: Exit, state: &Depth) -> Finding {
    let way = if kind == Exit::Question { "`?` returns" } else { "this returns" };
    with_begin(Finding::new(&LINT, span, format!("{way} while a frame is open")), state)
        .label("the frame is still open here")
        .help("end the frame before leaving, or let `alloc.frame()` end it: its frame ends when the value is dropped")
}

fn with_begin(finding: Finding, state: &Depth) -> Finding {
    match state.begun {
        Some(begun) => finding.also(begun, "begun here"),
        None => finding,
    }
}

/// Loops whose round ends with more frames open than it began with.
fn rounds_that_leave_it_open(
    analysis: &PairDepth<'_>,
    body: &Body,
    results: &Results<Depth>,
    ends: bool,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for at in 0..body.blocks.len() {
        let from = BlockId(at as u32);
        let Some(state) = results.at_end(analysis, body, from) else { continue };
        for &head in &body.block(from).next {
            let Some(open) = analysis.grown(body, results, from, head, &state) else { continue };
            let jump = body.block(from).ops.iter().find_map(|op| match op {
                Op::Jump { span } => Some(*span),
                _ => None,
            });
            let begun = state.begun.or(open.begun);
            let finding = match (jump, begun) {
                (Some(span), _) if ends => Finding::new(
                    &LINT,
                    span,
                    "this round ends while its frame is open",
                )
                .label("the next round begins another one")
                .help("end the frame before this, or open it with `alloc.frame()`, which ends by itself"),
                (_, Some(begun)) => {
                    findings.push(
                        Finding::new(&LINT, begun, "each round of this loop begins a frame and ends none")
                            .label("begun in every round")
                            .help("call `end_frame` at the end of the round"),
                    );
                    continue;
                }
                _ => continue,
            };
            findings.push(with_begin(finding, &state));
        }
    }
    findings
}
