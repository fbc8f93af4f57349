//! Whether a call runs once for each of many items, in one frame.

use crate::flow::rounds::{has_frames, is_of_round, length, most_rounds, repeats, touches_frames};
use crate::flow::source_of;
use crate::lints::LintCx;
use crate::mir::{BlockId, Body, Call, FnBody, LoopId, Root, Run, RunSite};

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
        if has_frames(cx.model, cx.summaries, body, id) || frame_is_of_round(body, call, id) {
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

/// Whether the frame that a method is called on is opened in the round.
fn frame_is_of_round(body: &Body, call: &Call, id: LoopId) -> bool {
    let Some(Root::Local(local)) = call.args.first().map(|arg| arg.place.root) else { return false };
    let made = source_of(body, local).unwrap_or(local);
    is_of_round(body, made, id) && !body.local(made).ty.is_ref()
}
