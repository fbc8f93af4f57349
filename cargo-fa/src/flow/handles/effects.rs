//! What functions and closures do with handles, seen from outside.

use std::sync::Arc;

use rayon::prelude::*;

use super::state::State;
use super::track::Tracker;
use super::{Made, Origin, Site, types_that_carry};
use crate::api::{Fact, Memory};
use crate::flow::Summaries;
use crate::index::{BodyKey, FnId};
use crate::mir::{self, Body, Callee, FnBody, Local, Op, Place, Results, Root};
use crate::model::Model;

/// A handle that leaves a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// It came in with this parameter or captured variable.
    Input(Local),
    /// It was made inside, with this many frames open since the body's start.
    Made { made: Arc<Made>, depth: i32, name: Option<String> },
}

/// What a body does with handles; places are its own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Effects {
    /// What it puts into places outside of it.
    pub(crate) stores: Vec<(What, Place, Arc<Site>)>,
    /// What it returns, below which fields.
    pub(crate) returns: Vec<(Vec<String>, What)>,
    /// Places outside of it that it empties.
    pub(crate) clears: Vec<Place>,
    /// Places outside of it whose shared value it reads.
    pub(crate) reads: Vec<Place>,
}

impl Effects {
    fn is_nothing(&self) -> bool {
        self.stores.is_empty() && self.returns.is_empty() && self.clears.is_empty() && self.reads.is_empty()
    }
}

/// The effects of all bodies.
#[derive(Debug, Default)]
pub(crate) struct Handles {
    /// By function, then by body.
    effects: Vec<Vec<Effects>>,
    /// By type, whether a value of it can have a handle in it.
    pub(super) carry: Vec<bool>,
}

static NOTHING: Effects =
    Effects { stores: Vec::new(), returns: Vec::new(), clears: Vec::new(), reads: Vec::new() };

/// How long a chain of calls may be until what its end does is seen at its start.
const ROUNDS: usize = 5;

impl Handles {
    pub(crate) fn new(model: &Model<'_>, summaries: &Summaries) -> Self {
        let count = model.index.functions().count();
        let mut known = Self { effects: vec![Vec::new(); count], carry: types_that_carry(model) };
        if !makes_any(model) {
            return known;
        }
        let mut changed = vec![true; count];
        for round in 0..ROUNDS {
            // Only what runs something whose effects have changed can change.
            let of = |at: usize| {
                let body = model.body(FnId(at as u32))?;
                let again =
                    round == 0 || changed[at] || body.bodies.iter().any(|body| runs_any(body, &changed));
                again.then(|| of_function(model, summaries, &known, body))
            };
            let next: Vec<Option<Vec<Effects>>> = (0..count).into_par_iter().map(of).collect();
            changed = vec![false; count];
            for (at, next) in next.into_iter().enumerate() {
                if let Some(next) = next
                    && next != known.effects[at]
                {
                    known.effects[at] = next;
                    changed[at] = true;
                }
            }
            if !changed.contains(&true) {
                break;
            }
        }
        known
    }

    pub(crate) fn of(&self, function: FnId, body: BodyKey) -> &Effects {
        self.effects[function.0 as usize].get(body.0 as usize).unwrap_or(&NOTHING)
    }

    /// Whether any function empties this place of a static or of a type.
    pub(crate) fn clears_static(&self, place: &Place) -> bool {
        let mut all = self.effects.iter().flatten().flat_map(|effects| &effects.clears);
        all.any(|cleared| cleared.root == place.root)
    }
}

/// Whether a body calls one of these functions.
fn runs_any(body: &Body, functions: &[bool]) -> bool {
    body.calls().any(|(_, call)| matches!(call.callee, Callee::Fn(id) if functions[id.0 as usize]))
}

/// Whether any function makes a handle.
fn makes_any(model: &Model<'_>) -> bool {
    let mut calls =
        model.functions().flat_map(|(_, _, function)| function.bodies.iter()).flat_map(Body::calls);
    calls.any(|(_, call)| {
        model.facts(call).iter().any(|fact| {
            matches!(fact, Fact::Allocates(Memory::Ambient | Memory::Shared, _) | Fact::LendsFrame)
        })
    })
}

/// Closures first: they have higher numbers than what they are written in.
fn of_function(model: &Model<'_>, summaries: &Summaries, known: &Handles, function: &FnBody) -> Vec<Effects> {
    let item = &model.index.function(function.function).path;
    let effects = function.iter().map(|(key, body)| {
        let tracker = Tracker { model, summaries, handles: known, function, body, key, item };
        if tracker.is_free_of_handles() {
            return Effects::default();
        }
        let results = mir::solve(&tracker, body);
        of_body(&tracker, &results)
    });
    let effects: Vec<Effects> = effects.collect();
    if effects.iter().all(Effects::is_nothing) { Vec::new() } else { effects }
}

fn of_body(tracker: &Tracker<'_>, results: &Results<State>) -> Effects {
    let mut effects = Effects::default();
    results.visit(tracker, tracker.body, |state, _, op| match op {
        Op::Exit { value, .. } => {
            stored_at(tracker, state, &mut effects);
            if let Some(value) = value
                && !value.by_ref
                && tracker.carries(&value.ty)
            {
                for (below, origin, _) in state.at(&state.resolve(&value.place)) {
                    if let Some(what) = what(state, origin) {
                        add(&mut effects.returns, (below, what));
                    }
                }
            }
        }
        Op::Call(call) if tracker.model.api(call).as_deref() == Some("FrameHandle::read") => {
            let Some(receiver) = call.receiver() else { return };
            let place = state.resolve(&receiver.place);
            let is_param =
                |local: Local| tracker.body.params.contains(&local) || tracker.is_outside(Root::Local(local));
            if place.root_local().is_none_or(is_param) {
                add(&mut effects.reads, place);
            }
        }
        _ => {}
    });
    effects
}

fn stored_at(tracker: &Tracker<'_>, state: &State, effects: &mut Effects) {
    for (place, holdings) in &state.held {
        if !tracker.is_outside(place.root) || state.is_cleared(place) {
            continue;
        }
        for (origin, site) in holdings {
            if let (Some(what), Some(site)) = (what(state, *origin), site) {
                add(&mut effects.stores, (what, place.clone(), site.clone()));
            }
        }
    }
    for place in state.cleared.iter().filter(|place| tracker.is_outside(place.root)) {
        add(&mut effects.clears, place.clone());
    }
}

/// A handle as the caller sees it; not one whose frame has ended already.
fn what(state: &State, origin: Origin) -> Option<What> {
    let status = state.status.get(&origin)?;
    if status.ended.is_some() {
        return None;
    }
    match (&status.made, origin) {
        (Some(made), _) => {
            Some(What::Made { made: made.clone(), depth: status.depth, name: status.name.clone() })
        }
        (None, Origin::Input(local)) => Some(What::Input(local)),
        (None, _) => None,
    }
}

fn add<T: PartialEq>(list: &mut Vec<T>, item: T) {
    if !list.contains(&item) && list.len() < 64 {
        list.push(item);
    }
}
