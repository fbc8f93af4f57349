//! Whether a call runs once for each of many items, in one frame.

use crate::flow::rounds::{has_frames, length, made_in_round, most_rounds, repeats, touches_frames};
use crate::lints::LintCx;
use crate::mir::{BlockId, Body, Call, FnBody, LoopId, Run, RunSite};

/// What repeats a call.
#[derive(Clone, Copy, Debug)]
pub(super) enum Hot<'a> {
    /// A loop of the body that it is in.
    Loop(LoopId),
    /// What runs the closure that it is in.
    Closure(&'a RunSite),
}

pub(super) fn hot<'a>(
    cx: &LintCx<'_>,
    function: &'a FnBody,
    body: &'a Body,
    block: BlockId,
    call: &Call,
) -> Option<Hot<'a>> {
    for id in body.loops_around(block) {
        if has_frames(cx.model, cx.summaries, body, id) || made_in_round(body, call, id) {
            return None;
        }
        if !is_small(cx, most_rounds(body, id)) && repeats(body, block, id) {
            return Some(Hot::Loop(id));
        }
    }
    let parent = function.body(body.parent?);
    if body.calls().any(|(_, call)| touches_frames(cx.model, cx.summaries, call)) {
        return None;
    }
    body.runs.iter().map(Hot::Closure).find(|hot| {
        let Hot::Closure(site) = hot else { return false };
        site.run == Run::PerItem && !is_small(cx, site.source.as_ref().and_then(|source| length(parent, source)))
    })
}

fn is_small(cx: &LintCx<'_>, most: Option<u128>) -> bool {
    most.is_some_and(|most| most <= u128::from(cx.model.config.thresholds.small_loop))
}
