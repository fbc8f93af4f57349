//! Under which tag, phase and context memory is allocated, place by place.

use std::collections::BTreeMap;

use crate::api::{self, Amount, Fact, Memory, Role, Scope};
use crate::index::{BodyKey, FnId, Ty};
use crate::mir::{self, Analysis, BlockId, Body, Call, Callee, FnBody, Local, Op, Operand, Run};
use crate::model::Model;
use crate::source::Span;

use super::Summaries;
use super::threads::{caller_of, closure, named, parameter};

/// What is in force at a place: the guards that are certainly alive, and phases that were begun by a call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct InForce {
    guards: BTreeMap<Local, (Scope, Span)>,
    phases: Vec<Span>,
}

impl InForce {
    /// The guard of a tag, a phase or a captured context that was made last.
    fn any(&self) -> Option<(Scope, Span)> {
        let guards = self.guards.values().copied();
        let phase = self.phases.last().map(|span| (Scope::Phase, *span));
        guards.max_by_key(|(scope, span)| (*scope != Scope::Phase, span.start)).or(phase)
    }

    /// Whether what is allocated here has a tag that this body gave it.
    fn tagged(&self) -> bool {
        self.guards.values().any(|(scope, _)| matches!(scope, Scope::Tag | Scope::Context))
    }
}

/// The analysis.
pub(crate) struct Guards<'a> {
    pub(crate) model: &'a Model<'a>,
}

impl Guards<'_> {
    /// The scope of a guard, also of one in an `Option`, a tuple or a struct.
    fn scope(&self, ty: &Ty, depth: usize) -> Option<Scope> {
        let any = |types: &[Ty]| types.iter().find_map(|ty| self.scope(ty, depth + 1));
        match ty {
            _ if depth > 4 => None,
            Ty::Adt(id, _) => match self.model.index.ours(ty) {
                Some(name) => match api::role(name)? {
                    Role::Guard(scope @ (Scope::Tag | Scope::Phase | Scope::Context)) => Some(scope),
                    _ => None,
                },
                None => self.model.index.adt(*id).fields.iter().find_map(|(_, ty)| self.scope(ty, depth + 1)),
            },
            Ty::Tuple(parts) => any(parts),
            _ => None,
        }
    }
}

impl Analysis for Guards<'_> {
    type State = InForce;

    fn start(&self, _: &Body) -> InForce {
        InForce::default()
    }

    fn join(&self, into: &mut InForce, other: &InForce) {
        into.guards.retain(|local, _| other.guards.contains_key(local));
        let both = into.phases.len().min(other.phases.len());
        into.phases.truncate(both);
    }

    fn apply(&self, body: &Body, state: &mut InForce, op: &Op) {
        let take = |state: &mut InForce, operand: &Operand| {
            let local = operand.place.whole().filter(|_| !operand.by_ref)?;
            state.guards.remove(&local)
        };
        match op {
            Op::Call(call) => {
                for arg in &call.args {
                    take(state, arg);
                }
                if let Some(scope) = self.scope(&body.local(call.dest).ty, 0) {
                    state.guards.insert(call.dest, (scope, call.span));
                }
                let facts = self.model.facts(call);
                if facts.contains(&Fact::BeginsPhase) {
                    state.phases.push(call.span);
                } else if facts.contains(&Fact::EndsPhase) {
                    state.phases.pop();
                }
            }
            Op::Move { from, to, .. } => {
                if let (Some(guard), Some(to)) = (take(state, from), to.whole()) {
                    state.guards.insert(to, guard);
                }
            }
            Op::Aggregate { dest, parts, .. } => {
                if let Some(guard) = parts.iter().filter_map(|part| take(state, part)).last() {
                    state.guards.insert(*dest, guard);
                }
            }
            Op::Drop { local, .. } => {
                state.guards.remove(local);
            }
            _ => {}
        }
    }
}

/// What gives memory its tag at a place.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Tagged {
    /// The function is a system.
    System,
    /// A guard, or `begin_phase`.
    Guard(Scope, Span),
    /// The place is inside of `with_tag`.
    Inside(Span),
}

/// What is in force before a call of a function, closures around it included.
pub(crate) fn in_force(model: &Model<'_>, function: &FnBody, at: BodyKey, call: &Call) -> Option<Tagged> {
    let (mut at, mut call) = (at, call);
    for _ in 0..16 {
        let body = function.body(at);
        if let Some((scope, span)) = before(model, body, call).and_then(|state| state.any()) {
            return Some(Tagged::Guard(scope, span));
        }
        if body.parent.is_none() {
            return model.system(function.function).map(|_| Tagged::System);
        }
        (at, _, call) = caller_of(function, at)?;
        if names_tag(model, call) {
            return Some(Tagged::Inside(tag_of(call)));
        }
    }
    None
}

fn before(model: &Model<'_>, body: &Body, call: &Call) -> Option<InForce> {
    let analysis = Guards { model };
    let results = mir::solve(&analysis, body);
    let mut found = None;
    results.visit(&analysis, body, |state, _, op| {
        if op.span() == call.span && matches!(op, Op::Call(_)) {
            found = Some(state.clone());
        }
    });
    found
}

/// Where the tag of `with_tag` is written.
fn tag_of(call: &Call) -> Span {
    call.given().first().map_or(call.span, |tag| tag.span)
}

/// `with_tag`: what it runs has the tag.
fn names_tag(model: &Model<'_>, call: &Call) -> bool {
    let facts = model.facts(call);
    facts.contains(&Fact::RunsInside) && facts.iter().any(|fact| matches!(fact, Fact::Tag(..)))
}

/// Something that happens under the tag of whoever runs a body.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Event<'a> {
    pub(crate) call: &'a Call,
    pub(crate) what: What,
    /// The body has begun a phase of its own.
    pub(crate) in_phase: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    Allocates(Memory, Amount),
    /// A function of the program allocates there.
    Through(FnId, Memory, Amount),
    /// A parameter of the function is called.
    Calls(usize),
}

impl Event<'_> {
    pub(crate) fn allocation(&self) -> Option<(Memory, Amount)> {
        match self.what {
            What::Allocates(memory, amount) | What::Through(_, memory, amount) => Some((memory, amount)),
            What::Calls(_) => None,
        }
    }
}

/// What a body does under the tag of whoever runs it: not behind a guard, in `with_tag` or in a system. With
/// `also_elsewhere`, that of the threads that it starts too, because those have no tag either.
pub(crate) fn untagged<'a>(
    model: &Model<'_>,
    known: &Summaries,
    function: &'a FnBody,
    key: BodyKey,
    also_elsewhere: bool,
) -> Vec<Event<'a>> {
    let mut events = Vec::new();
    let mut seen = vec![key];
    let mut work = vec![key];
    while let Some(key) = work.pop() {
        let body = function.body(key);
        let analysis = Guards { model };
        let (mut tagged, mut phased) = (Vec::new(), Vec::new());
        mir::solve(&analysis, body).visit(&analysis, body, |state, at, op| {
            if let Op::Call(call) = op
                && (state.tagged() || names_tag(model, call))
            {
                tagged.push((at, call.span));
            }
            if state.any().is_some() {
                phased.push((at, op.span()));
            }
        });
        let free = |(at, call): &(BlockId, &Call)| !tagged.contains(&(*at, call.span));
        for (at, call) in body.calls().filter(free) {
            let in_phase = phased.contains(&(at, call.span));
            let what = what(model, known, function, key, call);
            events.extend(what.map(|what| Event { call, what, in_phase }));
            for inner in runs_here(known, call, also_elsewhere) {
                if !seen.contains(&inner) {
                    seen.push(inner);
                    work.push(inner);
                }
            }
        }
    }
    events
}

/// The closures that a call runs.
fn runs_here(known: &Summaries, call: &Call, also_elsewhere: bool) -> Vec<BodyKey> {
    let elsewhere = |at: usize| {
        let foreign =
            call.runs.iter().any(|ran| ran.arg == at && !matches!(ran.run, Run::Once | Run::PerItem));
        foreign
            || matches!(call.callee, Callee::Fn(id) if known.of(id).runs_elsewhere.iter().any(|(arg, _)| *arg == at))
    };
    let args = call.args.iter().enumerate();
    let given = args.filter(|(at, _)| also_elsewhere || !elsewhere(*at)).filter_map(|(_, arg)| closure(arg));
    let called = match call.callee {
        Callee::Closure(key) => Some(key),
        _ => None,
    };
    given.chain(called).collect()
}

fn what(model: &Model<'_>, known: &Summaries, function: &FnBody, at: BodyKey, call: &Call) -> Option<What> {
    let what = match call.callee {
        Callee::Fn(_) if model.api(call).is_some() => {
            allocates(model, call).map(|(memory, amount)| What::Allocates(memory, amount))
        }
        Callee::Fn(id) => known.of(id).untagged.map(|(memory, amount)| What::Through(id, memory, amount)),
        Callee::Value(local) => parameter(function, at, local).map(What::Calls),
        _ => None,
    };
    // A parameter, or a function by its name, that something from elsewhere calls.
    let given = call.runs.iter().find_map(|ran| {
        let arg = call.args.get(ran.arg)?;
        if let Some(id) = named(arg) {
            return known.of(id).untagged.map(|(memory, amount)| What::Through(id, memory, amount));
        }
        let local = arg.place.whole().filter(|_| closure(arg).is_none())?;
        parameter(function, at, local).map(What::Calls)
    });
    what.or(given)
}

/// What a method of framealloc allocates under the tag of its thread.
fn allocates(model: &Model<'_>, call: &Call) -> Option<(Memory, Amount)> {
    let name = model.api(call)?;
    let (owner, _) = name.split_once("::")?;
    // A `TaggedAllocator` brings its tag along; stores have been made under theirs.
    if !matches!(
        owner,
        "SmartAlloc" | "Frame" | "FrameVec" | "FrameMap" | "FrameSet" | "FrameString" | "FrameBox"
    ) {
        return None;
    }
    model.facts(call).iter().find_map(|fact| match fact {
        Fact::Allocates(memory, amount) => Some((*memory, *amount)),
        _ => None,
    })
}
