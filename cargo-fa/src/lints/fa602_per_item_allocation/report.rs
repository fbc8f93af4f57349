//! What is said about it.

use super::LINT;
use super::hot::Hot;
use crate::finding::{Confidence, Edit, Finding, Fix};
use crate::flow::rounds::keyword;
use crate::flow::{Fate, KeptBy, unwrapped};
use crate::index::Ty;
use crate::lints::LintCx;
use crate::mir::{Body, Bound, Call, Callee, FnBody, LoopId, Place, Root};
use crate::source::Span;

pub(super) fn report(
    cx: &LintCx<'_>,
    function: &FnBody,
    body: &Body,
    call: &Call,
    hot: Hot<'_>,
    fate: &Fate,
) -> Option<Finding> {
    let open = matches!(hot, Hot::Loop(id) if body.loop_(id).bound == Bound::Open);
    let finding = match fate {
        Fate::Collected { into, ty, span, keyed } => {
            let name = name_of(body, into).unwrap_or_else(|| "the list".to_owned());
            let finding = Finding::new(
                &LINT,
                call.span,
                format!("`{name}` gets an allocation of its own for each item"),
            )
            .label("one allocation in every round")
            .also(*span, "collected here, with a pointer to each")
            .help(format!("put the values themselves into `{name}`: a frame vector keeps them in one block"));
            let finding = match unboxed(cx, body, call, &name, ty) {
                Some(fix) => finding.fix(fix),
                None => finding,
            };
            if *keyed || open { finding.confidence(Confidence::Medium) } else { finding }
        }
        Fate::Returned => {
            let Hot::Closure(site) = hot else { return None };
            // What looks for one item makes one.
            let method = runner(function, body, site.span)?;
            if ["all", "any", "find_map", "find_map_any", "find_map_first", "map_while", "try_for_each"]
                .contains(&method)
            {
                return None;
            }
            Finding::new(&LINT, call.span, "each item gets an allocation of its own")
                .label("one allocation for every item")
                .help("make the values themselves, and collect them at once: `frame_slice_from_fn`, or `extend` of a frame vector")
        }
        Fate::UsedUp => {
            let finding =
                Finding::new(&LINT, call.span, "each item gets an allocation that its round uses up")
                    .label("allocated in every round, and gone at its end")
                    .help("use the value itself, or allocate once before the loop and write to that");
            finding.confidence(if open { Confidence::Low } else { Confidence::Medium })
        }
        Fate::Elsewhere => return None,
    };
    Some(match hot {
        Hot::Loop(id) => finding.also(keyword(cx.model, body, id), "for each round of this loop"),
        Hot::Around(id) => {
            let parent = function.body(body.parent?);
            finding.also(keyword(cx.model, parent, id), "for each round of this loop")
        }
        Hot::Closure(site) => {
            let method = runner_span(function, body, site.span).unwrap_or(site.span);
            finding.also(method, "this runs the closure for each item")
        }
    })
}

/// A call that adds a box to a list.
pub(super) fn by_callee(cx: &LintCx<'_>, body: &Body, call: &Call, id: LoopId, kept: &KeptBy) -> Finding {
    let name = name_of(body, &kept.into).unwrap_or_else(|| "the list".to_owned());
    Finding::new(&LINT, call.span, format!("`{name}` gets an allocation of its own for each item"))
        .label("one allocation in every round, inside of this call")
        .also(kept.span, "allocated here")
        .also(keyword(cx.model, body, id), "for each round of this loop")
        .help(format!("put the values themselves into `{name}`: a frame vector keeps them in one block"))
        .confidence(Confidence::Medium)
}

/// The variable or field that a place is.
fn name_of(body: &Body, place: &Place) -> Option<String> {
    let field = place.fields.iter().rev().find(|field| !matches!(field.as_str(), "*" | "[]"));
    match (field, place.root) {
        (Some(field), _) => Some(field.clone()),
        (None, Root::Local(local)) => body.local(local).name.clone(),
        (None, Root::Static(_)) => None,
    }
}

/// `list.push(alloc.frame_box(value))` with the value in place of the box. The list's type has to follow, by hand.
fn unboxed(cx: &LintCx<'_>, body: &Body, call: &Call, name: &str, list: &Ty) -> Option<Fix> {
    cx.model.api(call)?;
    // What may fail is not the value itself.
    if unwrapped(&body.local(call.dest).ty) != body.local(call.dest).ty {
        return None;
    }
    let [value] = call.given() else { return None };
    let replacement = cx.model.text(value.span).to_owned();
    let edits = vec![Edit { span: call.span, replacement }];
    let title = format!("put the value itself into `{name}`, {}", retyped(cx, list));
    Some(Fix { title, edits, machine_applicable: false })
}

/// What becomes of the type of the list.
fn retyped(cx: &LintCx<'_>, list: &Ty) -> String {
    let index = cx.model.index;
    let value = match list.peeled() {
        Ty::Adt(_, args) | Ty::Foreign(_, args) => {
            args.iter().find(|arg| index.ours(arg) == Some("FrameBox"))
        }
        _ => None,
    };
    let name = value.and_then(|boxed| match boxed.arg(0) {
        Ty::Adt(id, args) if args.is_empty() => Some(index.adt(id).name.text.clone()),
        Ty::Foreign(name, args) if args.is_empty() => Some(name),
        _ => None,
    });
    match name {
        Some(name) => format!("whose type has `{name}` then in place of `FrameBox<{name}>`"),
        None => "whose type has the value's then in place of a `FrameBox`".to_owned(),
    }
}

fn runner_call<'b>(function: &'b FnBody, body: &Body, at: Span) -> Option<&'b Call> {
    function.body(body.parent?).calls().map(|(_, call)| call).find(|call| call.span == at)
}

/// The name of the method that runs the closure.
fn runner<'b>(function: &'b FnBody, body: &Body, at: Span) -> Option<&'b str> {
    match &runner_call(function, body, at)?.callee {
        Callee::Foreign(name) => Some(name.rsplit("::").next().unwrap_or(name)),
        _ => Some(""),
    }
}

fn runner_span(function: &FnBody, body: &Body, at: Span) -> Option<Span> {
    runner_call(function, body, at).map(|call| call.name_span)
}
