//! What in a loop keeps a container from growing for ever.

use crate::flow::source_of;
use crate::lints::LintCx;
use crate::mir::{Body, Call, Callee, FnBody, LoopId, Op, Place, Root};

/// Methods by which a container gets smaller.
const SHRINKS: [&str; 18] = [
    "clear",
    "drain",
    "extract_if",
    "pop",
    "pop_back",
    "pop_first",
    "pop_front",
    "pop_last",
    "remove",
    "resize",
    "retain",
    "retain_mut",
    "split_off",
    "swap_remove",
    "swap_remove_back",
    "take",
    "truncate",
    "remove_entry",
];
/// Methods that ask how full it is.
const ASKS: [&str; 6] = ["capacity", "has_room", "is_full", "len", "remaining", "remaining_capacity"];
/// Methods of framealloc that ask how much memory is left.
const MEASURES: [&str; 5] = [
    "SmartAlloc::budget",
    "SmartAlloc::stats",
    "SmartAlloc::tag_budget",
    "SmartAlloc::tag_stats",
    "SmartAlloc::would_fit",
];
/// How deep a helper may lie.
const DEPTH: usize = 2;

pub(super) fn is_limited(cx: &LintCx<'_>, body: &Body, id: LoopId, into: &Place) -> bool {
    let within = |block| body.loops_around(block).any(|around| around == id);
    let blocks = || (0..body.blocks.len() as u32).map(crate::mir::BlockId).filter(|block| within(*block));
    let counted: Vec<&Place> = blocks().flat_map(|block| &body.block(block).counted).collect();
    let compared = || blocks().flat_map(|block| &body.block(block).compared);
    let of_time = |place: &Place| {
        made_by_call(body, place).is_some_and(|call| match &call.callee {
            Callee::Foreign(name) => name.contains("Instant::") || name.ends_with("::elapsed"),
            _ => false,
        })
    };
    compared().any(|place| counted.contains(&place) || of_time(place))
        || body.calls().any(|(block, call)| within(block) && limits(cx, body, call, into))
}

/// The call that makes what is at a place.
pub(super) fn made_by_call<'b>(body: &'b Body, place: &Place) -> Option<&'b Call> {
    let made = source_of(body, place.whole()?)?;
    body.calls().map(|(_, call)| call).find(|call| call.dest == made)
}

/// Whether a call asks how full the container is, or makes it smaller.
fn limits(cx: &LintCx<'_>, body: &Body, call: &Call, into: &Place) -> bool {
    if cx.model.api(call).is_some_and(|name| MEASURES.contains(&name.as_str())) {
        return true;
    }
    let Some(at) = call.args.iter().position(|arg| same(body, &arg.place, into)) else { return false };
    match &call.callee {
        Callee::Foreign(name) => {
            let method = name.rsplit("::").next().unwrap_or(name);
            // `mem::take(&mut list)` too.
            SHRINKS.contains(&method) || ASKS.contains(&method) || method == "replace"
        }
        Callee::Fn(id) => {
            let name = cx.model.index.function(*id).name();
            // On the container itself, or on what holds it.
            let exact = call.args[at].place == *into;
            let known = SHRINKS.contains(&name) || ASKS.contains(&name);
            let field = into.fields.last();
            known || cx.model.body(*id).is_some_and(|function| shrinks(cx, function, field, exact, DEPTH))
        }
        _ => false,
    }
}

/// Whether a function makes a container smaller, or asks how full it is: a parameter, or the field of one.
fn shrinks(cx: &LintCx<'_>, function: &FnBody, field: Option<&String>, exact: bool, depth: usize) -> bool {
    let concerns = |place: &Place| exact || field.is_none() || place.fields.last() == field;
    function.bodies.iter().flat_map(Body::calls).any(|(_, call)| match &call.callee {
        Callee::Foreign(name) => {
            let method = name.rsplit("::").next().unwrap_or(name);
            (SHRINKS.contains(&method) || ASKS.contains(&method))
                && call.args.first().is_some_and(|arg| concerns(&arg.place))
        }
        Callee::Fn(id) if depth > 0 => {
            cx.model.body(*id).is_some_and(|inner| shrinks(cx, inner, field, exact, depth - 1))
        }
        _ => false,
    }) || function.bodies.iter().any(|body| {
        let taken =
            |op: &Op| matches!(op, Op::Move { to, .. } if !to.fields.is_empty() && to.fields.last() == field);
        field.is_some() && body.ops().any(|(_, op)| taken(op))
    })
}

/// Whether `place` is the container, or what it is a field of.
fn same(body: &Body, place: &Place, into: &Place) -> bool {
    let root = |place: &Place| match place.root {
        Root::Local(local) => Root::Local(source_of(body, local).unwrap_or(local)),
        other => other,
    };
    root(place) == root(into) && into.fields.starts_with(&place.fields)
}
