//! Which variables name memory of a frame in a way that may leave the thread.

use std::collections::BTreeMap;

use crate::flow::{returned_call, source_of};
use crate::index::{BodyKey, Ty};
use crate::lints::LintCx;
use crate::mir::{Body, Call, Callee, Const, FnBody, Local, LocalKind, Op, Operand};
use crate::source::Span;

/// How a variable names memory of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A handle that `share` returned, or something that contains one.
    Shared,
    /// An address, or something that contains one.
    Address,
}

/// The variables, with the place where the handle or the address was made.
pub(super) type Origins = BTreeMap<(BodyKey, Local), (Kind, Span)>;

/// Methods of pointers that return another one into the same memory, and of what can hold a handle.
const PASSES_ON: [&str; 18] = [
    "add",
    "addr",
    "as_ptr",
    "byte_add",
    "cast",
    "cast_const",
    "cast_mut",
    "clone",
    "copied",
    "expect",
    "expose_provenance",
    "into",
    "offset",
    "ok",
    "sub",
    "to_owned",
    "unwrap",
    "wrapping_add",
];
/// How many times the operations of a function are gone through.
const ROUNDS: usize = 4;

pub(super) fn of(cx: &LintCx<'_>, function: &FnBody) -> Origins {
    let mut origins = Origins::new();
    for _ in 0..ROUNDS {
        let before = origins.len();
        for (at, body) in function.iter() {
            for capture in &body.captures {
                let outer = body.parent.and_then(|parent| origins.get(&(parent, capture.outer))).copied();
                if let Some(origin) = outer {
                    origins.insert((at, capture.inner), origin);
                }
            }
            for (_, op) in body.ops() {
                if let Some((local, origin)) = next(cx, body, at, op, &origins) {
                    origins.entry((at, local)).or_insert(origin);
                }
            }
        }
        if origins.len() == before {
            break;
        }
    }
    origins
}

/// What an operation adds.
fn next(
    cx: &LintCx<'_>,
    body: &Body,
    at: BodyKey,
    op: &Op,
    origins: &Origins,
) -> Option<(Local, (Kind, Span))> {
    // What is read from behind an address, or from within a handle, is a value of its own.
    let known = |operand: &Operand| {
        let origin = origins.get(&(at, operand.place.root_local()?)).copied()?;
        (operand.place.fields.is_empty() || origin.0 == Kind::Shared && names_handle(cx, &operand.ty))
            .then_some(origin)
    };
    match op {
        Op::Call(call) => called(cx, body, call, &known),
        Op::Move { from, to, span } => {
            let local = to.root_local()?;
            if let Some(origin) = known(from) {
                return Some((local, origin));
            }
            // `&*value as *const T`
            let cast = from.by_ref
                && body.local(local).kind == LocalKind::Temporary
                && body.local(local).ty.is_ref();
            let behind = from.place.root_local().is_some_and(|root| in_frame(cx, body, root));
            (cast && behind).then_some((local, (Kind::Address, *span)))
        }
        Op::Aggregate { dest, parts, .. } => Some((*dest, parts.iter().find_map(known)?)),
        _ => None,
    }
}

fn called(
    cx: &LintCx<'_>,
    body: &Body,
    call: &Call,
    known: &dyn Fn(&Operand) -> Option<(Kind, Span)>,
) -> Option<(Local, (Kind, Span))> {
    if shares(cx, call, 0) {
        return Some((call.dest, (Kind::Shared, call.span)));
    }
    let name = match &call.callee {
        Callee::Foreign(name) => name.clone(),
        _ => cx.model.api(call)?,
    };
    let method = name.rsplit("::").next()?;
    let first = call.args.first()?;
    let of_frame = || first.place.root_local().is_some_and(|root| in_frame(cx, body, root));
    if matches!(method, "as_ptr" | "as_mut_ptr" | "as_ptr_range" | "from_ref" | "from_mut") && of_frame() {
        return Some((call.dest, (Kind::Address, call.span)));
    }
    if PASSES_ON.contains(&method)
        || matches!(method, "from" | "new" | "new_unchecked" | "from_ref" | "from_mut")
    {
        return Some((call.dest, known(first)?));
    }
    // `handles.push(handle)`
    let put = call.given().iter().find_map(known)?;
    let into = call.receiver()?.place.root_local()?;
    matches!(method, "push" | "insert" | "push_back" | "extend" | "set").then_some((into, put))
}

/// Whether a call returns a handle that is good for this frame only.
pub(super) fn shares(cx: &LintCx<'_>, call: &Call, depth: usize) -> bool {
    let Callee::Fn(id) = call.callee else { return false };
    match cx.model.api(call).as_deref() {
        Some("SmartAlloc::share" | "SmartAlloc::try_share") => true,
        Some("SmartAlloc::share_for" | "SmartAlloc::try_share_for") => {
            matches!(call.given().get(1).map(|frames| &frames.value), Some(Some(Const::Int(0))))
        }
        Some(_) => false,
        None => {
            let body = cx.model.body(id).filter(|_| depth < 4);
            body.and_then(|body| returned_call(body.main())).is_some_and(|call| shares(cx, call, depth + 1))
        }
    }
}

/// Whether a type is a handle, or contains one.
fn names_handle(cx: &LintCx<'_>, ty: &Ty) -> bool {
    match ty.peeled() {
        Ty::Adt(id, _) => match cx.model.index.ours(ty) {
            Some(name) => name == "FrameHandle",
            None => cx
                .model
                .index
                .adt(*id)
                .fields
                .iter()
                .any(|(_, ty)| cx.model.index.ours(ty) == Some("FrameHandle")),
        },
        Ty::Foreign(_, args) | Ty::Tuple(args) => args.iter().any(|ty| names_handle(cx, ty)),
        Ty::Slice(inner, _) | Ty::Iter(inner) => names_handle(cx, inner),
        _ => false,
    }
}

/// Whether a variable is a container, box or reference of memory of a frame.
fn in_frame(cx: &LintCx<'_>, body: &Body, local: Local) -> bool {
    if cx.model.holds_frame_memory(body.local(local).ty.peeled()) {
        return true;
    }
    let made = source_of(body, local).and_then(|source| body.calls().find(|(_, call)| call.dest == source));
    made.and_then(|(_, call)| cx.summaries.makes(cx.model, call))
        .is_some_and(|(memory, _)| memory.of_a_frame() && memory != crate::api::Memory::Shared)
}
