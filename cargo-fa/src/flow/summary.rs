//! What a call of a function of the program amounts to.

use rayon::prelude::*;

use crate::api::{Amount, Fact, Memory};
use crate::index::{FnId, Owner};
use crate::mir::{self, Body, Call, Callee, FnBody, Op, Run};
use crate::model::Model;
use crate::source::Span;

use super::context::{Event, What, in_force, untagged};
use super::threads::{self, MAIN, named, parameter, spawns};
use super::values::source_of;
use super::{Pair, PairDepth};

/// What calling a function does, what it calls included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Summary {
    /// Frames begun less frames ended, when every way to the end agrees.
    pub(crate) frames: Option<i32>,
    /// The same of phases.
    pub(crate) phases: Option<i32>,
    /// It begins or ends a frame somewhere.
    pub(crate) touches_frames: bool,
    /// Where it allocates, directly or through what it calls.
    pub(crate) allocates: Vec<(Memory, Amount)>,
    /// It makes one thing in this memory and returns it: another name for the method that does.
    pub(crate) returns: Option<(Memory, Amount)>,
    /// What it allocates under the tag of its caller.
    pub(crate) untagged: Option<(Memory, Amount)>,
    /// The parameters that it runs on other threads, which have not entered a context.
    pub(crate) runs_elsewhere: Vec<(usize, Run)>,
    /// Where threads that it starts allocate without a context, while the function has no tag of its own.
    pub(crate) hands_over: Option<Span>,
    /// It waits for another thread.
    pub(crate) waits: bool,
}

impl Summary {
    /// On some ways it begins a frame, or ends one, and on others it does not.
    pub(crate) fn may_begin(&self) -> bool {
        self.touches_frames && self.frames.is_none()
    }
}

impl Default for Summary {
    /// Of a function that does nothing, or whose body is elsewhere.
    fn default() -> Self {
        Self {
            frames: Some(0),
            phases: Some(0),
            touches_frames: false,
            allocates: Vec::new(),
            returns: None,
            untagged: None,
            runs_elsewhere: Vec::new(),
            hands_over: None,
            waits: false,
        }
    }
}

impl Summary {
    /// What a call of the function begins less what it ends, when every way to the end agrees.
    pub(crate) fn net(&self, pair: Pair) -> Option<i32> {
        match pair {
            Pair::Frame => self.frames,
            Pair::Phase => self.phases,
        }
    }
}

/// The summaries of the functions that matter; the others do nothing.
#[derive(Debug, Default)]
pub(crate) struct Summaries {
    summaries: Vec<Summary>,
}

/// How long a chain of calls may be until what its end does is seen at its start.
const ROUNDS: usize = 6;

impl Summaries {
    pub(crate) fn new(model: &Model<'_>) -> Self {
        let count = model.index.functions().count();
        let mut known = Self { summaries: vec![Summary::default(); count] };
        let mut changed = vec![true; count];
        for round in 0..ROUNDS {
            // Only what calls something whose summary has changed can change.
            let next = |id: &FnId| match model.body(*id) {
                Some(body) => {
                    (round == 0 || calls_any(body, &changed)).then(|| summarize(model, &known, body))
                }
                None => Some(of_implementations(model, &known, *id)),
            };
            let next: Vec<Option<Summary>> = model.asked().par_iter().map(next).collect();
            changed = vec![false; count];
            for (id, next) in model.asked().iter().zip(next) {
                if let Some(next) = next
                    && next != known.summaries[id.0 as usize]
                {
                    known.summaries[id.0 as usize] = next;
                    changed[id.0 as usize] = true;
                }
            }
            if !changed.contains(&true) {
                break;
            }
        }
        known
    }

    pub(crate) fn of(&self, id: FnId) -> &Summary {
        &self.summaries[id.0 as usize]
    }

    /// Where a call allocates: a method of framealloc, or a function that does.
    pub(crate) fn allocations(&self, model: &Model<'_>, call: &Call) -> Vec<(Memory, Amount)> {
        let direct: Vec<(Memory, Amount)> = facts_of_allocation(model, call).collect();
        match call.callee {
            Callee::Fn(id) if direct.is_empty() => self.of(id).allocates.clone(),
            _ => direct,
        }
    }

    /// Whether a call waits for another thread.
    pub(crate) fn waits(&self, model: &Model<'_>, call: &Call) -> bool {
        let foreign = threads::waits(call) || model.facts(call).contains(&Fact::Waits);
        foreign || matches!(call.callee, Callee::Fn(id) if self.of(id).waits)
    }

    /// The memory of the value that a call makes: of the method of framealloc, or of one that wraps it.
    pub(crate) fn makes(&self, model: &Model<'_>, call: &Call) -> Option<(Memory, Amount)> {
        let direct = facts_of_allocation(model, call).next();
        match call.callee {
            Callee::Fn(id) => direct.or(self.of(id).returns),
            _ => direct,
        }
    }
}

/// Whether a function calls one of these, or passes it on by its name.
fn calls_any(function: &FnBody, functions: &[bool]) -> bool {
    let is = |id: FnId| functions[id.0 as usize];
    function.bodies.iter().flat_map(Body::calls).any(|(_, call)| {
        matches!(call.callee, Callee::Fn(id) if is(id)) || call.args.iter().filter_map(named).any(is)
    })
}

fn facts_of_allocation(model: &Model<'_>, call: &Call) -> impl Iterator<Item = (Memory, Amount)> {
    model.facts(call).iter().filter_map(|fact| match fact {
        Fact::Allocates(memory, amount) => Some((*memory, *amount)),
        _ => None,
    })
}

fn summarize(model: &Model<'_>, known: &Summaries, function: &FnBody) -> Summary {
    let body = function.main();
    let mut allocates: Vec<(Memory, Amount)> = Vec::new();
    let mut touches_frames = false;
    for (_, call) in function.bodies.iter().flat_map(Body::calls) {
        // A function that is passed on by its name is called by somebody.
        let passed = call.args.iter().filter_map(named).flat_map(|id| known.of(id).allocates.iter().copied());
        for found in known.allocations(model, call).into_iter().chain(passed) {
            if !allocates.contains(&found) {
                allocates.push(found);
            }
        }
        let facts = model.facts(call);
        touches_frames |= facts.contains(&Fact::BeginsFrame) || facts.contains(&Fact::EndsFrame);
        if let Callee::Fn(id) = call.callee {
            touches_frames |= known.of(id).touches_frames;
        }
    }
    let [frames, phases] = [Pair::Frame, Pair::Phase].map(|pair| net(pair, model, known, body));
    let returns = returned(model, known, body);
    let mut summary = Summary { frames, phases, touches_frames, returns, ..Summary::default() };
    if !allocates.is_empty() {
        summary.untagged = untagged_allocation(model, known, function);
    }
    summary.allocates = allocates;
    summary.waits = function.bodies.iter().flat_map(Body::calls).any(|(_, call)| known.waits(model, call));
    note_threads(model, known, function, &mut summary);
    summary
}

/// What calling a method of a trait may do with frames: what its implementations do.
fn of_implementations(model: &Model<'_>, known: &Summaries, id: FnId) -> Summary {
    let data = model.index.function(id);
    let Some(Owner::Trait(of_trait)) = data.owner else { return Summary::default() };
    let mut found = Summary::default();
    for (at, id) in model.index.implementations(of_trait, data.name()).enumerate() {
        let one = known.of(id);
        found.touches_frames |= one.touches_frames;
        found.waits |= one.waits;
        found.frames = if at == 0 || found.frames == one.frames { one.frames } else { None };
    }
    found
}

fn untagged_allocation(model: &Model<'_>, known: &Summaries, function: &FnBody) -> Option<(Memory, Amount)> {
    if model.system(function.function).is_some() {
        return None;
    }
    untagged(model, known, function, MAIN, false).iter().find_map(Event::allocation)
}

/// What the function hands to other threads.
fn note_threads(model: &Model<'_>, known: &Summaries, function: &FnBody, summary: &mut Summary) {
    for spawn in spawns(known, function) {
        let events = match spawn.closure() {
            Some(key) => untagged(model, known, function, key, true),
            None => Vec::new(),
        };
        let direct = spawn.work.place.whole().and_then(|local| parameter(function, spawn.at, local));
        let called = events.iter().filter_map(|event| match event.what {
            What::Calls(param) => Some(param),
            _ => None,
        });
        for param in called.chain(direct) {
            if !summary.runs_elsewhere.contains(&(param, spawn.run)) {
                summary.runs_elsewhere.push((param, spawn.run));
            }
        }
        let allocation = events.iter().find(|event| event.allocation().is_some());
        if let Some(event) = allocation
            && in_force(model, function, spawn.at, spawn.call).is_none()
        {
            summary.hands_over = summary.hands_over.or(Some(event.call.span));
        }
    }
    for (at, body) in function.iter() {
        for (_, call) in body.calls() {
            if let Callee::Fn(id) = call.callee
                && let Some(span) = known.of(id).hands_over
                && summary.hands_over.is_none()
                && in_force(model, function, at, call).is_none()
            {
                summary.hands_over = Some(span);
            }
        }
    }
}

/// The depth at every exit, when it is the same.
fn net(pair: Pair, model: &Model<'_>, known: &Summaries, body: &Body) -> Option<i32> {
    let analysis = PairDepth { pair, model, summaries: known };
    if body.calls().all(|(_, call)| !analysis.touches(call)) {
        return Some(0);
    }
    let results = mir::solve(&analysis, body);
    let mut found: Option<Option<i32>> = None;
    results.visit(&analysis, body, |state, _, op| {
        if let Op::Exit { .. } = op {
            let here = (state.least == state.most).then_some(state.least);
            found = Some(match found {
                None => here,
                Some(before) if before == here => here,
                Some(_) => None,
            });
        }
    });
    found.flatten()
}

/// What the last expression of a function is, when a call makes it.
fn returned(model: &Model<'_>, known: &Summaries, body: &Body) -> Option<(Memory, Amount)> {
    returned_call(body).and_then(|call| known.makes(model, call))
}

/// The call that makes what the last expression of a body is.
pub(crate) fn returned_call(body: &Body) -> Option<&Call> {
    let value = body.ops().find_map(|(_, op)| match op {
        Op::Exit { kind: mir::Exit::End, value, .. } => value.as_ref()?.place.whole(),
        _ => None,
    })?;
    let source = source_of(body, value)?;
    body.calls().find(|(_, call)| call.dest == source).map(|(_, call)| call)
}
