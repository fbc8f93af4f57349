//! Loops and closures that run for each item: how often, and what one round leaves to the next.

use crate::api::Fact;
use crate::index::Ty;
use crate::mir::{BlockId, Body, Bound, Call, Callee, Const, Local, LoopId, Op, Place};
use crate::model::Model;
use crate::source::Span;

use super::Summaries;
use super::values::source_of;

/// The most items that a loop can run over, when that is spelled out.
pub(crate) fn most_rounds(body: &Body, id: LoopId) -> Option<u128> {
    let data = body.loop_(id);
    match &data.bound {
        Bound::Constant(rounds) => Some(*rounds),
        Bound::Iterator(_) => length(body, data.source.as_ref()?),
        Bound::Compared | Bound::Open => None,
    }
}

/// The most items that an iterator or a collection has, when that is spelled out: `0..4`, `[a, b, c].iter()`, an
/// `Option`, `.take(3)`.
pub(crate) fn length(body: &Body, place: &Place) -> Option<u128> {
    let local = place.whole()?;
    if is_option(&body.local(local).ty) {
        return Some(1);
    }
    if let Some(len) = body.local(local).len {
        return Some(len);
    }
    let made = source_of(body, local)?;
    body.ops().find_map(|(_, op)| match op {
        Op::Aggregate { dest, parts, .. } if *dest == made => match (&body.local(made).ty, &parts[..]) {
            (Ty::Iter(_), [start, end]) => match (&start.value, &end.value) {
                (Some(Const::Int(start)), Some(Const::Int(end))) => Some(end.saturating_sub(*start)),
                _ => None,
            },
            // One part may be the value of `[value; n]`.
            (Ty::Slice(..), [_, _, ..]) => Some(parts.len() as u128),
            _ => None,
        },
        Op::Call(call) if call.dest == made => of_call(body, call),
        _ => None,
    })
}

fn is_option(ty: &Ty) -> bool {
    matches!(ty.peeled(), Ty::Foreign(name, _) if name == "Option")
}

fn of_call(body: &Body, call: &Call) -> Option<u128> {
    let Callee::Foreign(name) = &call.callee else { return None };
    let (ty, method) = name.rsplit_once("::")?;
    let receiver = call.args.first()?;
    let inner = || if is_option(&receiver.ty) { Some(1) } else { length(body, &receiver.place) };
    match method {
        "once" if ty.ends_with("iter") => Some(1),
        "take" => match (&call.args.get(1)?.value, inner()) {
            (Some(Const::Int(most)), known) => Some(known.map_or(*most, |known| known.min(*most))),
            (_, known) => known,
        },
        // None of these has more items than what it is called on.
        "iter" | "iter_mut" | "into_iter" | "rev" | "enumerate" | "copied" | "cloned" | "map" | "filter"
        | "inspect" | "filter_map" | "skip" | "step_by" | "peekable" | "zip" | "take_while"
        | "skip_while" | "by_ref" | "fuse" => inner(),
        _ => None,
    }
}

/// Whether a call can happen again in a later round of the loop: no way out follows it for certain.
pub(crate) fn repeats(body: &Body, block: BlockId, id: LoopId) -> bool {
    let within = |block: &BlockId| body.loops_around(*block).any(|around| around == id);
    let Some(head) = (0..body.blocks.len() as u32).map(BlockId).find(within) else { return false };
    let mut seen = vec![false; body.blocks.len()];
    let mut work = vec![block];
    while let Some(at) = work.pop() {
        for next in body.block(at).next.iter().filter(|next| within(next)) {
            if *next == head {
                return true;
            }
            if !std::mem::replace(&mut seen[next.0 as usize], true) {
                work.push(*next);
            }
        }
    }
    false
}

/// Whether a variable is made anew in each round of a loop.
pub(crate) fn is_of_round(body: &Body, local: Local, id: LoopId) -> bool {
    std::iter::successors(body.local(local).in_loop, |at| body.loop_(*at).parent).any(|at| at == id)
}

/// Whether what a method is called on, a frame or a list, is made anew in each round.
pub(crate) fn made_in_round(body: &Body, call: &Call, id: LoopId) -> bool {
    let Some(local) = call.args.first().and_then(|arg| arg.place.root_local()) else { return false };
    let made = source_of(body, local).unwrap_or(local);
    is_of_round(body, made, id) && !body.local(made).ty.is_ref()
}

/// Whether something in a loop begins or ends frames: each round may have one of its own.
pub(crate) fn has_frames(model: &Model<'_>, summaries: &Summaries, body: &Body, id: LoopId) -> bool {
    body.calls().any(|(block, call)| {
        body.loops_around(block).any(|around| around == id) && touches_frames(model, summaries, call)
    })
}

/// Whether a call begins or ends an ambient frame, or gives back a part of one.
pub(crate) fn touches_frames(model: &Model<'_>, summaries: &Summaries, call: &Call) -> bool {
    let facts = model.facts(call);
    let direct = [Fact::BeginsFrame, Fact::EndsFrame, Fact::OpensCheckpoint, Fact::RollsBack];
    let called = match call.callee {
        Callee::Fn(id) => summaries.of(id).touches_frames,
        _ => false,
    };
    called || direct.iter().any(|fact| facts.contains(fact))
}

/// The word that a loop begins with: `for`, `while`, `loop`.
pub(crate) fn keyword(model: &Model<'_>, body: &Body, id: LoopId) -> Span {
    let span = body.loop_(id).span;
    let text = model.text(span);
    let word = ["for", "while", "loop"].into_iter().find(|word| text.starts_with(word));
    match word {
        Some(word) => Span { end: span.start + word.len() as u32, ..span },
        None => Span { end: span.start + text.lines().next().map_or(0, str::len) as u32, ..span },
    }
}
