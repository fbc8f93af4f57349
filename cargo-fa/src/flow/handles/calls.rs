//! How calls change what is held where.

use std::sync::Arc;

use super::effects::{Effects, What};
use super::state::{End, State, Status, distinct};
use super::track::{Flow, Tracker, captured_field};
use super::{Made, Origin, Site, SiteKind, callable, handle_name, lends};
use crate::api::{Fact, Memory};
use crate::index::{BodyKey, CrateId, FnId, Ty};
use crate::mir::{Body, Call, Callee, Const, Local, LocalKind, Operand, Place, Root};

/// Methods of std that hand out what their receiver holds.
const TAKES: [&str; 15] = [
    "drain",
    "extract_if",
    "pop",
    "pop_back",
    "pop_first",
    "pop_front",
    "pop_last",
    "remove",
    "remove_entry",
    "replace",
    "split_off",
    "swap_remove",
    "swap_remove_back",
    "take",
    "take_if",
];
/// Methods of std that drop what their receiver holds.
const CLEARS: [&str; 5] = ["clear", "clone_from", "retain", "retain_mut", "truncate"];
/// Methods of std that put their arguments into the receiver.
const STORES: [&str; 17] = [
    "append",
    "entry",
    "extend",
    "fill",
    "get_or_insert",
    "get_or_insert_with",
    "insert",
    "insert_entry",
    "or_insert",
    "or_insert_with",
    "push",
    "push_back",
    "push_front",
    "replace",
    "resize",
    "set",
    "splice",
];

impl Tracker<'_> {
    pub(super) fn call(&self, state: &mut State, call: &Call) {
        self.flow(state, call);
        self.step(state, call);
    }

    /// What a call does but for the frames that it begins and ends.
    pub(super) fn flow(&self, state: &mut State, call: &Call) {
        let facts = self.model.facts(call);
        let mut flow = match &call.callee {
            _ if uses_up(facts) => Vec::new(),
            Callee::Fn(id) => self.call_fn(state, call, *id, facts),
            Callee::Closure(key) => {
                let body = self.function.body(*key);
                self.run(state, call, body, self.handles.of(self.function.function, *key), Some(*key))
            }
            Callee::Foreign(name) => self.call_foreign(state, call, name),
            Callee::Value(_) | Callee::Unknown | Callee::Macro(_) => self.given_on(state, call),
        };
        // What was given by value and went nowhere is dropped.
        for arg in &call.args {
            self.moved(state, arg);
        }
        if !self.carries(self.dest(call)) {
            flow.clear();
        } else if !callable(self.dest(call)) {
            // What a closure captured is gone with it.
            flow.retain(|(below, _, _)| !below.iter().any(|field| field.starts_with('#')));
        }
        state.drop_local(call.dest);
        if let Some(made) = self.made(call, facts) {
            let status = Status {
                made: Some(Arc::new(made)),
                name: None,
                depth: state.most,
                allocator: self.allocator(state, call),
                ended: None,
            };
            state.status.insert(Origin::Made(call.dest), status);
            flow.push((Vec::new(), Origin::Made(call.dest), None));
        }
        self.fill(state, &Place::local(call.dest), flow);
        self.lend(state, call);
    }

    fn dest(&self, call: &Call) -> &Ty {
        &self.body.local(call.dest).ty
    }

    /// The result of a call that lends is another name for what it was called on.
    fn lend(&self, state: &mut State, call: &Call) {
        let Some(receiver) = call.receiver() else { return };
        let through = receiver.place.whole().is_some_and(|local| state.is_alias(local));
        if (receiver.by_ref || through) && lends(self.dest(call)) {
            let place = state.resolve(&receiver.place);
            state.alias(call.dest, place);
        }
    }

    /// Frames that begin and end.
    fn step(&self, state: &mut State, call: &Call) {
        let delta = self.frames().delta(call);
        if delta < 0 {
            for origin in self.ending(state, call) {
                let end = End { span: call.span, sure: state.least == state.most };
                if let Some(status) = state.status.get_mut(&origin) {
                    status.ended = Some(end);
                }
            }
        }
        state.least = (state.least + delta).clamp(-8, 8);
        state.most = (state.most + delta).clamp(-8, 8);
    }

    /// The handles whose frame a call ends.
    pub(super) fn ending(&self, state: &State, call: &Call) -> Vec<Origin> {
        let delta = self.frames().delta(call);
        if delta >= 0 {
            return Vec::new();
        }
        let allocator = self.allocator(state, call);
        let ends = state.status.iter().filter(|(_, status)| {
            status.made.is_some()
                && status.ended.is_none()
                && status.depth > state.most + delta
                && !distinct(&status.allocator, &allocator)
        });
        ends.map(|(origin, _)| *origin).collect()
    }

    /// What a method of framealloc is called on, when it is a parameter or static or a part of one.
    fn allocator(&self, state: &State, call: &Call) -> Option<Place> {
        self.model.api(call)?;
        let place = state.resolve(&call.receiver()?.place);
        match place.root {
            Root::Static(_) => Some(place),
            Root::Local(local) => {
                let kind = self.body.local(local).kind;
                matches!(kind, LocalKind::Param | LocalKind::Captured(_)).then_some(place)
            }
        }
    }

    fn made(&self, call: &Call, facts: &[Fact]) -> Option<Made> {
        let api = self.model.api(call)?;
        let (shared, retained) = match facts {
            _ if matches!(api.as_str(), "SmartAlloc::share" | "SmartAlloc::try_share") => (true, false),
            _ if facts.iter().any(|fact| matches!(fact, Fact::Allocates(Memory::Ambient, _))) => {
                (false, facts.iter().any(|fact| matches!(fact, Fact::Policy(_))))
            }
            _ if facts.contains(&Fact::LendsFrame) && api.starts_with("SmartAlloc::") => (false, false),
            _ => return None,
        };
        let policy = facts.iter().find_map(|fact| match fact {
            Fact::Policy(at) => call.given().get(*at)?.value.as_ref(),
            _ => None,
        });
        let discarded = matches!(policy, Some(Const::Variant(_, name)) if matches!(name.as_str(), "Discard" | "Ephemeral"));
        let ty = handle_name(self.model, self.dest(call));
        Some(Made { span: call.span, ty, shared, retained, discarded })
    }

    /// Everything that is given by value, and what closures among the arguments return.
    fn given_on(&self, state: &mut State, call: &Call) -> Flow {
        let mut flow = self.run_closures(state, call);
        for arg in &call.args {
            flow.extend(self.moved(state, arg));
        }
        flow
    }

    fn call_fn(&self, state: &mut State, call: &Call, id: FnId, facts: &[Fact]) -> Flow {
        let data = self.model.index.function(id);
        if data.krate == CrateId::FRAMEALLOC {
            if facts.contains(&Fact::Grows) {
                return self.put_in(state, call);
            }
            return self.given_on(state, call);
        }
        match self.model.body(id) {
            Some(function) => {
                let effects = self.handles.of(id, BodyKey(0));
                let mut flow = self.run(state, call, function.main(), effects, None);
                flow.extend(self.run_closures(state, call));
                flow
            }
            None => self.given_on(state, call),
        }
    }

    fn call_foreign(&self, state: &mut State, call: &Call, name: &str) -> Flow {
        let last = name.rsplit("::").next().unwrap_or(name);
        let on_place = call.args.first().is_some_and(|first| first.by_ref || first.ty.is_ref());
        if !on_place {
            let gone = !call.has_receiver && matches!(last, "drop" | "forget");
            return if gone { Vec::new() } else { self.given_on(state, call) };
        }
        // `mem::take(&mut x)`, `Option::take(&mut x)`
        if !call.has_receiver && !name.contains("::") {
            return self.given_on(state, call);
        }
        let mut out = Vec::new();
        if (TAKES.contains(&last) || CLEARS.contains(&last)) && self.may_hold(&call.args[0].ty) {
            let place = state.resolve(&call.args[0].place);
            out = state.take(&place).into_iter().map(|(below, origin, _)| (below, origin, None)).collect();
            state.cleared.insert(place);
        }
        if STORES.contains(&last) {
            out.extend(self.put_in(state, call));
        } else if last == "clone" && self.carries(self.dest(call)) {
            out.extend(state.at(&state.resolve(&call.args[0].place)));
        } else {
            out.extend(self.given_on(state, call));
        }
        out
    }

    /// The arguments go into what the method is called on.
    fn put_in(&self, state: &mut State, call: &Call) -> Flow {
        let place = state.resolve(&call.args[0].place);
        let mut flow = self.run_closures(state, call);
        for arg in &call.args[1..] {
            flow.extend(self.moved(state, arg));
        }
        self.store(state, &place, flow, call.span, SiteKind::Contained);
        Vec::new()
    }

    /// Runs the closures among the arguments; what they return.
    fn run_closures(&self, state: &mut State, call: &Call) -> Flow {
        let mut flow = Vec::new();
        for arg in &call.args {
            let Ty::Closure(key) = arg.ty.peeled() else { continue };
            let effects = self.handles.of(self.function.function, *key);
            flow.extend(self.run(state, call, self.function.body(*key), effects, Some(*key)));
        }
        flow
    }

    /// Applies what a function or a closure does.
    fn run(
        &self,
        state: &mut State,
        call: &Call,
        body: &Body,
        effects: &Effects,
        closure: Option<BodyKey>,
    ) -> Flow {
        let ways = Ways { tracker: self, call, body, closure };
        for place in &effects.clears {
            if let Some(place) = ways.outside(state, place) {
                state.take(&place);
                state.cleared.insert(place);
            }
        }
        let mut flow = Vec::new();
        let mut inside = 0;
        for (below, what) in &effects.returns {
            for (own, origin) in self.arrive(state, &ways, what, &mut inside) {
                // The caller has a name of its own for what it is handed.
                if let (Origin::Inside(..), None) = (origin, closure)
                    && let Some(status) = state.status.get_mut(&origin)
                {
                    status.name = None;
                }
                flow.push((below.iter().cloned().chain(own).collect(), origin, None));
            }
        }
        for (what, to, site) in &effects.stores {
            let Some(place) = ways.outside(state, to) else { continue };
            for (_, origin) in self.arrive(state, &ways, what, &mut inside) {
                let mut site = site.clone();
                if closure.is_some() {
                    Arc::make_mut(&mut site).into = self.spell(&place);
                } else if matches!(what, What::Input(_)) {
                    // What the caller brings along is put there by its own call.
                    let item = self.item.to_owned();
                    site =
                        Arc::new(Site { span: call.span, kind: site.kind, into: self.spell(&place), item });
                }
                state.refilled(&place);
                state.put(place.clone(), origin, Some(site));
            }
        }
        flow
    }

    /// What comes out of a body, as handles of this one.
    fn arrive(
        &self,
        state: &mut State,
        ways: &Ways<'_>,
        what: &What,
        inside: &mut usize,
    ) -> Vec<(Vec<String>, Origin)> {
        match what {
            What::Input(local) => {
                let Some(place) = ways.inside(state, *local) else { return Vec::new() };
                state.at(&place).into_iter().map(|(below, origin, _)| (below, origin)).collect()
            }
            What::Made { made, depth, name } => {
                let origin = Origin::Inside(ways.call.dest, *inside);
                *inside += 1;
                let status = Status {
                    made: Some(made.clone()),
                    name: name.clone(),
                    depth: state.most + depth,
                    allocator: None,
                    ended: None,
                };
                state.status.insert(origin, status);
                vec![(Vec::new(), origin)]
            }
        }
    }
}

/// From places of a body that runs to those of the caller.
pub(super) struct Ways<'a> {
    pub(super) tracker: &'a Tracker<'a>,
    pub(super) call: &'a Call,
    pub(super) body: &'a Body,
    /// Its number, when it is a closure.
    pub(super) closure: Option<BodyKey>,
}

impl Ways<'_> {
    /// What a parameter is given; that of a closure comes from what runs it.
    fn argument(&self, local: Local) -> Option<&Operand> {
        let at = self.body.params.iter().position(|param| *param == local)?;
        match self.closure {
            Some(_) if self.call.has_receiver => self.call.receiver(),
            _ => self.call.args.get(at),
        }
    }

    /// What the caller calls a variable that a closure captured. It may have captured it itself.
    fn captured(&self, outer: Local) -> Option<Local> {
        let caller = self.tracker;
        if self.body.parent == Some(caller.key) {
            return Some(outer);
        }
        let mut captures = caller.body.captures.iter();
        let same =
            captures.find(|capture| self.body.parent == caller.body.parent && capture.outer == outer)?;
        Some(same.inner)
    }

    /// A place that is not the body's own.
    pub(super) fn outside(&self, state: &State, place: &Place) -> Option<Place> {
        let Root::Local(local) = place.root else { return Some(place.clone()) };
        let root = match self.body.local(local).kind {
            LocalKind::Captured(outer) => Place::local(self.captured(outer)?),
            LocalKind::Param => self.argument(local)?.place.clone(),
            _ => return None,
        };
        Some(state.resolve(&Place { fields: [root.fields, place.fields.clone()].concat(), ..root }))
    }

    /// Where the caller has what comes in with this local.
    fn inside(&self, state: &State, local: Local) -> Option<Place> {
        match (self.body.local(local).kind, self.closure) {
            (LocalKind::Captured(outer), Some(closure)) => {
                let field = captured_field(closure, outer);
                state.held.keys().find(|key| key.fields.last() == Some(&field)).cloned()
            }
            (LocalKind::Param, _) => Some(state.resolve(&self.argument(local)?.place)),
            _ => None,
        }
    }
}

/// Whether a method ends what it is called on, or takes, without handing a handle on.
fn uses_up(facts: &[Fact]) -> bool {
    facts.iter().any(|fact| {
        matches!(
            fact,
            Fact::MovesOut | Fact::LetsGo | Fact::Leaks | Fact::Transfers | Fact::Frees(_) | Fact::Defers
        )
    })
}
