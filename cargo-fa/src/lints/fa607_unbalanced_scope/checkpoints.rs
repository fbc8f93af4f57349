//! Checkpoints that nobody rolls back to or commits, and guards that are dropped where they are made.

use super::LINT;
use crate::api::{self, Role, Scope};
use crate::finding::Finding;
use crate::index::Ty;
use crate::lints::LintCx;
use crate::mir::{Body, Call, Callee, Local, LocalKind, Op, Operand};

pub(super) fn check(cx: &LintCx<'_>, body: &Body) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (_, call) in body.calls() {
        if !matches!(call.callee, Callee::Fn(_)) {
            continue;
        }
        match role(cx, &body.local(call.dest).ty) {
            Some(Role::Checkpoint) => findings.extend(unused(cx, body, call)),
            Some(Role::Guard(scope @ (Scope::Checkpoint | Scope::Phase))) => {
                findings.extend(dropped_at_once(body, call, scope));
            }
            _ => {}
        }
    }
    findings
}

/// What a value is, or what an `Option` or `Result` of it holds.
fn role(cx: &LintCx<'_>, ty: &Ty) -> Option<Role> {
    match ty {
        Ty::Adt(..) => cx.model.index.ours(ty).and_then(api::role),
        Ty::Foreign(name, args) if matches!(name.as_str(), "Option" | "Result") => role(cx, args.first()?),
        _ => None,
    }
}

/// A checkpoint that goes nowhere.
fn unused(cx: &LintCx<'_>, body: &Body, made: &Call) -> Option<Finding> {
    let mut holders = vec![made.dest];
    let mut before = 0;
    while before < holders.len() {
        before = holders.len();
        for (_, op) in body.ops() {
            if is_used(cx, body, op, &mut holders) {
                return None;
            }
        }
    }
    let name = holders.iter().find_map(|local| {
        let data = body.local(*local);
        data.name.clone().filter(|_| data.kind == LocalKind::Variable)
    });
    let message = match name {
        Some(name) => format!("`{name}` is neither rolled back to nor committed"),
        None => "this checkpoint is dropped unused".to_owned(),
    };
    let finding = Finding::new(&LINT, made.span, message)
        .label("a checkpoint is no guard: dropping it does nothing")
        .note("what is allocated after it stays until the frame ends, whether the attempt fails or not")
        .help("`checkpoint_guard()` returns a guard: it rolls back when it is dropped, unless `commit` was called")
        .help("or call `rollback_to(&checkpoint)` where the attempt fails");
    Some(finding)
}

/// Whether `op` takes or lends one of `holders` to anything; those that it moves to are added.
fn is_used(cx: &LintCx<'_>, body: &Body, op: &Op, holders: &mut Vec<Local>) -> bool {
    let held = |operand: &Operand, holders: &[Local]| {
        operand.place.root_local().is_some_and(|local| holders.contains(&local))
    };
    match op {
        Op::Move { from, to, .. } if held(from, holders) => match to.whole() {
            Some(local) => {
                if !holders.contains(&local) {
                    holders.push(local);
                }
                false
            }
            None => true,
        },
        Op::Call(call) if call.args.iter().any(|arg| held(arg, holders)) => {
            if matches!(&call.callee, Callee::Foreign(name) if name == "drop" || name.ends_with("mem::drop"))
            {
                return false;
            }
            // `unwrap`, `clone` and the like hand it on.
            let handed_on = matches!(call.callee, Callee::Foreign(_))
                && role(cx, &body.local(call.dest).ty) == Some(Role::Checkpoint);
            if handed_on && !holders.contains(&call.dest) {
                holders.push(call.dest);
            }
            !handed_on
        }
        Op::Aggregate { parts, .. } => parts.iter().any(|part| held(part, holders)),
        Op::Closure { captures, .. } => captures.iter().any(|capture| held(capture, holders)),
        Op::Exit { value, .. } => value.as_ref().is_some_and(|value| held(value, holders)),
        _ => false,
    }
}

/// `let _ = alloc.phase_scope("x");`
fn dropped_at_once(body: &Body, made: &Call, scope: Scope) -> Option<Finding> {
    let dropped = body
        .ops()
        .any(|(_, op)| matches!(op, Op::Drop { local, span } if *local == made.dest && *span == made.span));
    if !dropped {
        return None;
    }
    let (message, label) = match scope {
        Scope::Phase => ("`let _` ends this phase at once", "nothing that follows counts for the phase"),
        _ => ("`let _` rolls this checkpoint back at once", "nothing that follows is rolled back"),
    };
    let finding = Finding::new(&LINT, made.span, message)
        .label(label)
        .help("give the guard a name, as in `let _guard = ..`: it is dropped at the end of the block then");
    Some(finding)
}
