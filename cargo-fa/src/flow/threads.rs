//! What runs on other threads.

use crate::index::{BodyKey, FnId, Ty};
use crate::mir::{BlockId, Body, Call, Callee, Const, FnBody, Local, LocalKind, Op, Operand, Run};

use super::Summaries;
use super::values::source_of;

/// The body of a function itself.
pub(crate) const MAIN: BodyKey = BodyKey(0);

/// A closure, or another function, that a call hands to another thread.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spawn<'a> {
    /// The body that the call is in.
    pub(crate) at: BodyKey,
    pub(crate) call: &'a Call,
    pub(crate) work: &'a Operand,
    pub(crate) run: Run,
}

impl Spawn<'_> {
    /// The closure.
    pub(crate) fn closure(&self) -> Option<BodyKey> {
        closure(self.work)
    }

    /// The thread was made for this: nothing has run on it before.
    pub(crate) fn on_new_thread(&self, function: &FnBody) -> bool {
        let Callee::Foreign(name) = &self.call.callee else { return false };
        // rayon's scopes pass themselves to the closure; std's threads pass nothing.
        let plain = || self.closure().is_some_and(|key| function.body(key).params.is_empty());
        name.ends_with("thread::spawn")
            || name.starts_with("Builder::")
            || (name == "Scope::spawn" && plain())
    }
}

/// The closure that an operand is.
pub(crate) fn closure(operand: &Operand) -> Option<BodyKey> {
    match operand.ty.peeled() {
        Ty::Closure(key) => Some(*key),
        _ => None,
    }
}

/// Where a function hands work to other threads, also through functions of the program that do.
pub(crate) fn spawns<'a>(summaries: &Summaries, function: &'a FnBody) -> Vec<Spawn<'a>> {
    let calls = function.iter().flat_map(|(at, body)| body.calls().map(move |(_, call)| (at, call)));
    let given = |(at, call): (BodyKey, &'a Call)| {
        elsewhere(summaries, call).map(move |(work, run)| Spawn { at, call, work, run }).collect::<Vec<_>>()
    };
    calls.flat_map(given).collect()
}

/// The arguments of a call that run on other threads.
fn elsewhere<'a>(summaries: &Summaries, call: &'a Call) -> impl Iterator<Item = (&'a Operand, Run)> {
    let foreign = call.runs.iter().map(|ran| (ran.arg, ran.run));
    let known = match call.callee {
        Callee::Fn(id) => &summaries.of(id).runs_elsewhere[..],
        _ => &[],
    };
    let all: Vec<(usize, Run)> = foreign.chain(known.iter().copied()).collect();
    all.into_iter()
        .filter(|(_, run)| matches!(run, Run::ScopedThread | Run::DetachedThread))
        .filter_map(|(at, run)| Some((call.args.get(at)?, run)))
}

/// The body and the call by which a closure runs on the thread of that body; the first one when there are several.
pub(crate) fn caller_of(function: &FnBody, key: BodyKey) -> Option<(BodyKey, BlockId, &Call)> {
    let here = function.body(key).runs.iter().find(|site| matches!(site.run, Run::Once | Run::PerItem))?;
    let (block, call) = function.body(here.at).calls().find(|(_, call)| call.span == here.span)?;
    Some((here.at, block, call))
}

/// Which parameter of the function a variable of one of its bodies is, through captures and new names.
pub(crate) fn parameter(function: &FnBody, mut at: BodyKey, mut local: Local) -> Option<usize> {
    for _ in 0..16 {
        let body = function.body(at);
        local = source_of(body, local)?;
        match body.local(local).kind {
            LocalKind::Captured(outer) => (at, local) = (body.parent?, outer),
            LocalKind::Param if body.parent.is_none() => {
                return body.params.iter().position(|param| *param == local);
            }
            _ => return None,
        }
    }
    None
}

/// The function that is named as a value.
pub(crate) fn named(operand: &Operand) -> Option<FnId> {
    match operand.value {
        Some(Const::Fn(id)) => Some(id),
        _ => None,
    }
}

/// Whether a call waits for other threads: for the end of one, for a message, at a barrier.
pub(crate) fn waits(call: &Call) -> bool {
    let Callee::Foreign(name) = &call.callee else { return false };
    match name.as_str() {
        "JoinHandle::join" | "ScopedJoinHandle::join" => true,
        "Receiver::recv" | "Receiver::recv_timeout" | "Receiver::iter" => true,
        "Barrier::wait" | "Condvar::wait" | "Condvar::wait_while" | "Condvar::wait_timeout" => true,
        other => other.ends_with("thread::park"),
    }
}

/// The operations of a body that make closures.
pub(crate) fn made(body: &Body, key: BodyKey) -> Option<&[Operand]> {
    body.ops().find_map(|(_, op)| match op {
        Op::Closure { body, captures, .. } if *body == key => Some(&captures[..]),
        _ => None,
    })
}
