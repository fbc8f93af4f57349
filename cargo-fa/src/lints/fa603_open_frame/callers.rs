//! A system that ends the frame of its caller.

use super::LINT;
use crate::finding::Finding;
use crate::flow::{Pair, PairDepth};
use crate::lints::LintCx;

pub(super) fn check(cx: &LintCx<'_>, findings: &mut Vec<Finding>) {
    let analysis = PairDepth { pair: Pair::Frame, model: cx.model, summaries: cx.summaries };
    for (id, data, system) in cx.model.systems() {
        let Some(function) = cx.model.body(id) else { continue };
        let Some(call) = analysis.unmatched_end(&function.bodies[0]) else { continue };
        // What a helper ends, it may have begun elsewhere.
        if cx.model.api(call).is_none() {
            continue;
        }
        let finding = Finding::new(&LINT, call.span, "this ends a frame that the system has not begun")
            .label("ends the frame of the caller")
            .also(system.span, "a system runs within the frame of its caller")
            .note("the caller's own `end_frame` finds no frame then (FA002)")
            .help("leave the frame to the caller: what the system allocates is given back when that ends")
            .help("or begin one here, with `alloc.frame()`, which ends by itself");
        findings.push(finding.item(&data.path));
    }
}
