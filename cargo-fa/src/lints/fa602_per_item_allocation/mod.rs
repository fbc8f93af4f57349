//! FA602: an allocation for each item, where one for all would do.
#![doc = include_str!("page.md")]

mod hot;
mod report;

use crate::api::{Amount, Fact, Memory};
use crate::finding::{Finding, Level};
use crate::flow::rounds::is_of_round;
use crate::flow::{Fate, fate, kept_by, unwrapped};
use crate::index::{Index, Ty};
use crate::lints::{Category, Lint, LintCx};
use crate::mir::{BlockId, Body, Call, FnBody, Local, LocalKind, LoopId};
use hot::{Hot, hot};

pub(crate) static LINT: Lint = Lint {
    code: "FA602",
    name: "per_item_allocation",
    category: Category::DirtyMem,
    level: Level::Warn,
    summary: "each item of a loop gets an allocation of its own",
    page: include_str!("page.md"),
};

pub(crate) fn check(cx: &LintCx<'_>, findings: &mut Vec<Finding>) {
    for (_, data, function) in cx.model.functions() {
        if data.when.test {
            continue;
        }
        for body in &function.bodies {
            for (block, call) in body.calls() {
                findings.extend(
                    check_call(cx, function, body, block, call).map(|finding| finding.item(&data.path)),
                );
            }
        }
    }
}

fn check_call(
    cx: &LintCx<'_>,
    function: &FnBody,
    body: &Body,
    block: BlockId,
    call: &Call,
) -> Option<Finding> {
    let Some((Memory::Ambient | Memory::Scoped, Amount::One)) = cx.summaries.makes(cx.model, call) else {
        return by_callee(cx, function, body, block, call);
    };
    // An attempt in a frame of its own.
    if cx.model.facts(call).contains(&Fact::RunsInside) {
        return None;
    }
    let value = value_of(cx.model.index, &body.local(call.dest).ty)?;
    // Closures and trait objects have no common size: each needs a box.
    if matches!(value, Ty::Fn(..) | Ty::Closure(_) | Ty::Iter(_)) || is_dyn(&value) {
        return None;
    }
    // The nodes of a tree: their boxes are what holds it together.
    if cx.model.holds_frame_memory(&value) {
        return None;
    }
    let hot = hot(cx, function, body, block, call)?;
    let (inner, in_loop) = match hot {
        Hot::Loop(id) => (body, Some(id)),
        Hot::Closure(_) | Hot::Around(_) => (body, None),
    };
    let fate = fate(cx.model, inner, call, in_loop);
    if let Hot::Around(id) = hot
        && !outlives_round(function, body, &fate, id)
    {
        return None;
    }
    if let Fate::Collected { ty, .. } = &fate
        && holds_dyn(cx.model.index, ty)
    {
        return None;
    }
    // A large buffer of each round is rather too much for the stack.
    if fate == Fate::UsedUp && matches!(value, Ty::Slice(..)) {
        return None;
    }
    report::report(cx, function, body, call, hot, &fate)
}

/// Whether what a closure leaves behind outlives the round of a loop around it.
fn outlives_round(function: &FnBody, body: &Body, fate: &Fate, id: LoopId) -> bool {
    let Some(parent) = body.parent else { return false };
    let captured = |local: Local| match body.local(local).kind {
        LocalKind::Captured(outer) => Some(outer),
        _ => None,
    };
    match fate {
        Fate::UsedUp => true,
        Fate::Collected { into, .. } => into
            .root_local()
            .and_then(captured)
            .is_some_and(|outer| !is_of_round(function.body(parent), outer, id)),
        Fate::Returned | Fate::Elsewhere => false,
    }
}

/// A call of a function that adds a box to a list whenever it is called.
fn by_callee(
    cx: &LintCx<'_>,
    function: &FnBody,
    body: &Body,
    block: BlockId,
    call: &Call,
) -> Option<Finding> {
    let kept = kept_by(cx.model, cx.summaries, call)?;
    let one = kept.memory == Memory::Ambient && kept.amount == Amount::One && kept.always && !kept.keyed;
    if !one || holds_dyn(cx.model.index, &kept.ty) || !holds_boxes(cx.model.index, &kept.ty) {
        return None;
    }
    let hot = hot(cx, function, body, block, call)?;
    let Hot::Loop(id) = hot else { return None };
    let outlives = kept
        .into
        .root_local()
        .is_none_or(|local| !is_of_round(body, local, id) || body.local(local).ty.is_ref());
    outlives.then(|| report::by_callee(cx, body, call, id, &kept))
}

/// The type of the value in a frame box, or behind the reference that a frame returns.
fn value_of(index: &Index, made: &Ty) -> Option<Ty> {
    match unwrapped(made) {
        Ty::Ref(value) => Some(*value),
        boxed if index.ours(&boxed) == Some("FrameBox") => Some(boxed.arg(0)),
        _ => None,
    }
}

/// `dyn Trait`, whatever it may be.
fn is_dyn(ty: &Ty) -> bool {
    matches!(ty, Ty::Param(name, _) if name == "impl")
}

/// A container of frame boxes.
fn holds_boxes(index: &Index, container: &Ty) -> bool {
    match container.peeled() {
        Ty::Adt(_, args) | Ty::Foreign(_, args) => args.iter().any(|arg| index.ours(arg) == Some("FrameBox")),
        _ => false,
    }
}

/// A container of boxes of trait objects or functions.
fn holds_dyn(index: &Index, container: &Ty) -> bool {
    let of_box = |ty: &Ty| {
        let value = ty.peeled().arg(0);
        index.ours(ty) == Some("FrameBox") && (is_dyn(&value) || matches!(value, Ty::Fn(..) | Ty::Iter(_)))
    };
    match container.peeled() {
        Ty::Adt(_, args) | Ty::Foreign(_, args) | Ty::Tuple(args) => {
            args.iter().any(|arg| of_box(arg) || holds_dyn(index, arg))
        }
        _ => false,
    }
}
