//! FA607: a phase or a checkpoint that is opened and, on some way, not closed.
#![doc = include_str!("page.md")]

mod checkpoints;
mod phases;

use crate::finding::{Finding, Level};
use crate::flow::{Pair, PairDepth};
use crate::lints::{Category, Lint, LintCx};
use crate::mir::{Call, Callee};

pub(crate) static LINT: Lint = Lint {
    code: "FA607",
    name: "unbalanced_scope",
    category: Category::DirtyMem,
    level: Level::Warn,
    summary: "a phase is not ended on every way, or a checkpoint is never used",
    page: include_str!("page.md"),
};

pub(crate) fn check(cx: &LintCx<'_>, findings: &mut Vec<Finding>) {
    let program = Program::new(cx);
    for (_, data, function) in cx.model.functions() {
        for body in &function.bodies {
            let found = phases::check(cx, &program, body).into_iter().chain(checkpoints::check(cx, body));
            findings.extend(found.map(|finding| finding.item(&data.path)));
        }
    }
}

/// What the whole program does with phases: a function may be one half of a pair.
struct Program {
    /// Some call ends a phase.
    ends: bool,
    /// Some function or closure leaves a phase open for others to end.
    leaves_open: bool,
}

impl Program {
    fn new(cx: &LintCx<'_>) -> Self {
        let mut program = Self { ends: false, leaves_open: false };
        let analysis = phases(cx);
        for (id, _) in cx.model.index.functions() {
            let Some(function) = cx.model.body(id) else { continue };
            program.leaves_open |= cx.summaries.of(id).net(Pair::Phase).is_none_or(|net| net > 0);
            for (at, body) in function.bodies.iter().enumerate() {
                let is = |wanted: fn(i32) -> bool| body.calls().any(|(_, call)| wanted(analysis.delta(call)));
                program.ends |= is(|delta| delta < 0);
                program.leaves_open |= at > 0 && is(|delta| delta > 0);
            }
        }
        program
    }
}

fn phases<'a>(cx: &LintCx<'a>) -> PairDepth<'a> {
    PairDepth { pair: Pair::Phase, model: cx.model, summaries: cx.summaries }
}

/// Whether the call is one of framealloc itself.
fn is_direct(cx: &LintCx<'_>, call: &Call) -> bool {
    matches!(call.callee, Callee::Fn(_)) && cx.model.api(call).is_some()
}
