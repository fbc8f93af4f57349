//! Types whose constructor begins a frame that nothing ends: guards without a `Drop`.

use std::collections::{BTreeSet, HashMap};

use super::LINT;
use crate::api::Fact;
use crate::finding::{Confidence, Finding};
use crate::flow::threads::named;
use crate::flow::{Pair, PairDepth, unwrapped};
use crate::index::{AdtId, CrateId, FnData, FnId, Owner, Ty};
use crate::lints::LintCx;
use crate::mir::{Body, Call, Callee};

pub(super) fn check(cx: &LintCx<'_>, findings: &mut Vec<Finding>) {
    let begins = |id: FnId| cx.summaries.of(id).frames.is_some_and(|frames| frames > 0);
    let candidates: Vec<(FnId, AdtId)> = cx
        .model
        .functions()
        .filter(|(id, data, _)| begins(*id) && !data.has_self && !data.when.test)
        .filter_map(|(id, data, _)| Some((id, owner(data)?)).filter(|(_, adt)| makes(data, *adt)))
        .collect();
    if candidates.is_empty() {
        return;
    }
    let callers = callers(cx);
    for (id, adt) in candidates {
        if callers.contains_key(&id) && !is_ended(cx, &callers, id) {
            findings.extend(report(cx, id, adt));
        }
    }
}

/// The type of the program that a function belongs to.
fn owner(data: &FnData) -> Option<AdtId> {
    match &data.owner {
        Some(Owner::Type(Ty::Adt(id, _))) if data.krate != CrateId::FRAMEALLOC => Some(*id),
        _ => None,
    }
}

/// Whether a function returns the type.
fn makes(data: &FnData, adt: AdtId) -> bool {
    matches!(unwrapped(&data.ret), Ty::Adt(id, _) if id == adt)
}

/// Who calls whom, or passes it on by its name, outside of tests.
fn callers(cx: &LintCx<'_>) -> HashMap<FnId, BTreeSet<FnId>> {
    let mut callers: HashMap<FnId, BTreeSet<FnId>> = HashMap::new();
    for (id, data) in cx.model.index.functions().filter(|(_, data)| !data.when.test) {
        let Some(function) = cx.model.body(id).filter(|_| data.krate != CrateId::FRAMEALLOC) else {
            continue;
        };
        for (_, call) in function.bodies.iter().flat_map(Body::calls) {
            let called = match call.callee {
                Callee::Fn(callee) => Some(callee),
                _ => None,
            };
            for callee in call.args.iter().filter_map(named).chain(called) {
                callers.entry(callee).or_default().insert(id);
            }
        }
    }
    callers
}

/// Whether anybody who calls the function, directly or not, ends a frame, or a method of a type on the way does.
fn is_ended(cx: &LintCx<'_>, callers: &HashMap<FnId, BTreeSet<FnId>>, id: FnId) -> bool {
    let mut seen = BTreeSet::from([id]);
    let mut work = vec![id];
    while let Some(at) = work.pop() {
        let of_type = owner(cx.model.index.function(at));
        let methods =
            cx.model.index.functions().filter(|(_, data)| of_type.is_some() && owner(data) == of_type);
        if methods.map(|(method, _)| method).chain([at]).any(|id| may_end(cx, id)) {
            return true;
        }
        let new = callers.get(&at).into_iter().flatten().filter(|caller| seen.insert(**caller));
        work.extend(new);
    }
    false
}

fn may_end(cx: &LintCx<'_>, id: FnId) -> bool {
    let ends = |call: &Call| {
        let called = match call.callee {
            Callee::Fn(id) => cx.summaries.of(id).frames.is_none_or(|frames| frames < 0),
            _ => false,
        };
        called || cx.model.facts(call).contains(&Fact::EndsFrame)
    };
    let body = cx.model.body(id);
    body.is_some_and(|function| function.bodies.iter().flat_map(Body::calls).any(|(_, call)| ends(call)))
}

fn report(cx: &LintCx<'_>, id: FnId, adt: AdtId) -> Option<Finding> {
    let data = cx.model.index.function(id);
    let analysis = PairDepth { pair: Pair::Frame, model: cx.model, summaries: cx.summaries };
    let mut calls = cx.model.body(id)?.main().calls().map(|(_, call)| call);
    let begun = calls.find(|call| analysis.delta(call) > 0)?;
    let ty = &cx.model.index.adt(adt).name;
    Some(
        Finding::new(
            &LINT,
            begun.span,
            format!("`{}::{}` begins a frame, and nothing ends it", ty.text, data.name()),
        )
        .label("begun here")
        .also(ty.span, "this type has no `Drop` that ends it, and no method")
        .help(format!("end it in `impl Drop for {}`", ty.text))
        .help("or keep what `alloc.frame()` returns in a field: its frame ends when it is dropped")
        .confidence(Confidence::Medium)
        .item(&data.path),
    )
}
