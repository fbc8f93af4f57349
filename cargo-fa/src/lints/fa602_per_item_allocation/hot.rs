//! Whether a call runs once for each of many items, in one frame.

use crate::api::Fact;
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
    /// A loop around the call that runs the closure that it is in.
    Around(LoopId),
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
    body.runs.iter().find_map(|site| match site.run {
        Run::PerItem => {
            let most = site.source.as_ref().and_then(|source| length(parent, source));
            (!is_small(cx, most)).then_some(Hot::Closure(site))
        }
        Run::Once => around(cx, parent, site),
        _ => None,
    })
}

/// The loop of the body around, when each round runs the closure.
fn around<'a>(cx: &LintCx<'_>, parent: &Body, site: &RunSite) -> Option<Hot<'a>> {
    let (block, call) = parent.calls().find(|(_, call)| call.span == site.span)?;
    // A frame, an attempt or a scope of its own for each run; a tag is none.
    let facts = cx.model.facts(call);
    let inside = facts.contains(&Fact::RunsInside) && !facts.iter().any(|fact| matches!(fact, Fact::Tag(..)));
    if inside || facts.contains(&Fact::OpensFrame) {
        return None;
    }
    for id in parent.loops_around(block) {
        if has_frames(cx.model, cx.summaries, parent, id) {
            return None;
        }
        if !is_small(cx, most_rounds(parent, id)) && repeats(parent, block, id) {
            return Some(Hot::Around(id));
        }
    }
    None
}

fn is_small(cx: &LintCx<'_>, most: Option<u128>) -> bool {
    most.is_some_and(|most| most <= u128::from(cx.model.config.thresholds.small_loop))
}
