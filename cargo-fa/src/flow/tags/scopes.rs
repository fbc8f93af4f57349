//! Which tag is in force, place by place, and which tag made the boxes that variables own.

use std::collections::BTreeMap;

use super::Tag;
use super::summary::{TagSummaries, returned};
use crate::api::{self, Fact, Memory, Nesting, Role, Scope};
use crate::index::Ty;
use crate::mir::{self, Analysis, Body, Call, Callee, FnBody, Local, Op, Operand};
use crate::model::Model;
use crate::source::Span;

/// What is known of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    /// A tag that was looked up, an allocator with a tag.
    Names(Tag),
    /// A guard of a tag, which a function returned.
    Guards(Tag),
    /// A box in the pool or the heap, made under a tag.
    Made { tag: Tag, at: Span },
    /// The box that the function was given as this argument.
    Given(usize),
}

/// A scope that is open.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Open {
    /// The variable whose drop ends it; `None` when nobody knows what does.
    guard: Option<Local>,
    tag: Tag,
    pub(crate) at: Span,
}

/// What is known at a place.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TagState {
    base: Tag,
    open: Vec<Open>,
    values: BTreeMap<Local, Value>,
}

impl TagState {
    pub(super) fn new(base: Tag) -> Self {
        Self { base, open: Vec::new(), values: BTreeMap::new() }
    }

    pub(super) fn with(mut self, local: Local, value: Value) -> Self {
        self.values.insert(local, value);
        self
    }

    /// The tag in force.
    pub(crate) fn current(&self) -> &Tag {
        self.open.last().map_or(&self.base, |open| &open.tag)
    }

    /// The scope that set it, when the body itself did.
    pub(crate) fn innermost(&self) -> Option<&Open> {
        self.open.last()
    }

    /// What a variable holds that is returned: the tag of a guard, or its value.
    pub(super) fn handed_out(&self, local: Local) -> Option<Value> {
        let guards = self.open.iter().find(|open| open.guard == Some(local));
        guards.map(|open| Value::Guards(open.tag.clone())).or_else(|| self.value(local).cloned())
    }

    pub(crate) fn value(&self, local: Local) -> Option<&Value> {
        self.values.get(&local)
    }

    fn enter(&mut self, guard: Local, tag: Tag, at: Span) {
        self.open.push(Open { guard: Some(guard), tag, at });
    }

    fn leave(&mut self, guard: Local) {
        self.open.retain(|open| open.guard != Some(guard));
    }

    /// The guard goes where nobody follows it.
    fn lose(&mut self, guard: Local) {
        if let Some(open) = self.open.iter_mut().find(|open| open.guard == Some(guard)) {
            (open.guard, open.tag) = (None, Tag::Unknown);
        }
    }

    /// The box of a variable, when the operand takes it, or the part that holds it.
    fn owned(&self, model: &Model<'_>, operand: &Operand) -> Option<(Local, Value)> {
        let local = operand.place.root_local().filter(|_| !operand.by_ref)?;
        let takes =
            operand.place.fields.is_empty() || operand.ty == Ty::Unknown || boxed(model, &operand.ty, 0);
        match self.values.get(&local)? {
            value @ (Value::Made { .. } | Value::Given(_)) if takes => Some((local, value.clone())),
            _ => None,
        }
    }

    fn take(&mut self, model: &Model<'_>, operand: &Operand) -> Option<Value> {
        let (local, value) = self.owned(model, operand)?;
        self.values.remove(&local);
        Some(value)
    }

    /// The operand moves to where nobody follows it.
    fn give_away(&mut self, model: &Model<'_>, operand: &Operand) {
        self.take(model, operand);
        if let Some(local) = operand.place.whole().filter(|_| !operand.by_ref) {
            self.lose(local);
        }
    }
}

/// How a box goes.
#[derive(Clone, Debug)]
pub(crate) struct Freed {
    pub(crate) value: Value,
    /// The tag in force where it goes.
    pub(crate) under: Tag,
    pub(crate) at: Span,
    /// The variable, when it goes at the end of its scope.
    pub(crate) left: Option<Local>,
}

/// The analysis of one body.
pub(crate) struct TagScopes<'a> {
    pub(crate) model: &'a Model<'a>,
    pub(super) known: &'a TagSummaries,
    pub(super) function: &'a FnBody,
    /// The body of it that is looked at.
    pub(super) body: &'a Body,
    pub(super) start: TagState,
}

impl TagScopes<'_> {
    /// The tag that an argument names: text nests as the method says, a [`Value::Names`] is what it is.
    pub(crate) fn named(&self, state: &TagState, operand: &Operand, nesting: Nesting) -> Tag {
        if let Some(crate::mir::Const::Str(text)) = &operand.value {
            return match nesting {
                Nesting::InCurrent => state.current().nest(text),
                Nesting::FromRoot => Tag::NONE.nest(text),
            };
        }
        match operand.place.whole() {
            Some(local) => match state.value(local) {
                Some(Value::Names(tag)) => tag.clone(),
                _ => Tag::Unknown,
            },
            None => {
                self.known.fields.of(self.model, self.body, &operand.place).cloned().unwrap_or(Tag::Unknown)
            }
        }
    }

    /// The argument by which a call names a tag.
    pub(crate) fn naming<'c>(&self, call: &'c Call) -> Option<(&'c Operand, Nesting)> {
        self.model.facts(call).iter().find_map(|fact| match fact {
            Fact::Tag(at, nesting) => call.given().get(*at).map(|operand| (operand, *nesting)),
            _ => None,
        })
    }

    /// The boxes that an operation frees.
    pub(crate) fn frees(&self, body: &Body, state: &TagState, op: &Op) -> Vec<Freed> {
        let owned = |operand: &Operand| state.owned(self.model, operand).map(|(_, value)| value);
        match op {
            Op::Call(call) => {
                let here = |value| Freed { value, under: state.current().clone(), at: call.span, left: None };
                if is_drop(call) {
                    return call.args.first().and_then(owned).map(here).into_iter().collect();
                }
                if self.model.facts(call).contains(&Fact::MovesOut) {
                    return call.receiver().and_then(owned).map(here).into_iter().collect();
                }
                let Callee::Fn(id) = call.callee else { return Vec::new() };
                let freed = call.args.iter().enumerate().filter_map(|(at, arg)| {
                    let under = self.known.of(id)?.frees.get(at)?.as_ref()?.within(state.current());
                    Some(Freed { value: owned(arg)?, under, at: call.span, left: None })
                });
                freed.collect()
            }
            Op::Drop { local, span } => match state.value(*local) {
                Some(value @ (Value::Made { .. } | Value::Given(_)))
                    if boxed(self.model, &body.local(*local).ty, 0) =>
                {
                    let under = state.current().clone();
                    vec![Freed { value: value.clone(), under, at: *span, left: Some(*local) }]
                }
                _ => Vec::new(),
            },
            _ => Vec::new(),
        }
    }

    fn call(&self, body: &Body, state: &mut TagState, call: &Call) {
        let ty = &body.local(call.dest).ty;
        let made = self.result(state, call, ty);
        let mut carried = None;
        for arg in &call.args {
            if is_drop(call) {
                state.take(self.model, arg);
                if let Some(local) = arg.place.whole() {
                    state.leave(local);
                }
            } else {
                let part = state.take(self.model, arg);
                state.give_away(self.model, arg);
                carried = carried.or(part);
            }
        }
        let hands_on = matches!(call.callee, Callee::Foreign(_)) && boxed(self.model, ty, 0);
        match made.or(carried.filter(|_| hands_on)) {
            Some(Value::Guards(tag)) => state.enter(call.dest, tag, call.span),
            Some(value) => {
                state.values.insert(call.dest, value);
            }
            None => {
                state.values.remove(&call.dest);
            }
        }
    }

    /// What a closure makes that a call runs under a tag, and whose value it returns.
    fn of_closure(&self, state: &TagState, call: &Call, ty: &Ty) -> Option<Value> {
        if !self.model.facts(call).contains(&Fact::RunsInside) || !boxed(self.model, ty, 0) {
            return None;
        }
        let key = call.args.iter().find_map(|arg| match arg.ty.peeled() {
            Ty::Closure(key) => Some(*key),
            _ => None,
        })?;
        let (operand, nesting) = self.naming(call)?;
        let start = TagState::new(self.named(state, operand, nesting));
        let body = self.function.body(key);
        let inside = TagScopes { start, body, ..*self };
        returned(&inside, body, &mir::solve(&inside, body))
    }

    /// What is known of what a call returns.
    fn result(&self, state: &TagState, call: &Call, ty: &Ty) -> Option<Value> {
        let receiver = call.receiver().map(|operand| self.named(state, operand, Nesting::FromRoot));
        let named = self.naming(call).map(|(operand, nesting)| self.named(state, operand, nesting));
        if let Callee::Fn(id) = call.callee
            && let Some(returned) = self.known.of(id).and_then(|summary| summary.returns.as_ref())
        {
            let within = |tag: &Tag| tag.within(state.current());
            return Some(match returned {
                Value::Names(tag) => Value::Names(within(tag)),
                Value::Guards(tag) => Value::Guards(within(tag)),
                Value::Made { tag, .. } => Value::Made { tag: within(tag), at: call.span },
                Value::Given(at) => {
                    return call.args.get(*at)?.place.whole().and_then(|local| state.value(local)).cloned();
                }
            });
        }
        if let Some(value) = self.of_closure(state, call, ty) {
            return Some(value);
        }
        match self.model.index.ours(ty).and_then(api::role) {
            Some(Role::Guard(Scope::Tag)) => {
                return Some(Value::Guards(named.or(receiver).unwrap_or(Tag::Unknown)));
            }
            Some(Role::Guard(Scope::Context)) => return Some(Value::Guards(Tag::Unknown)),
            _ => {}
        }
        let allocates = |fact: &Fact| matches!(fact, Fact::Allocates(Memory::Pool | Memory::Heap, _));
        let facts = self.model.facts(call);
        if facts.iter().any(allocates) && boxed(self.model, ty, 0) {
            let tagged = call
                .receiver()
                .is_some_and(|operand| self.model.index.ours(&operand.ty) == Some("TaggedAllocator"));
            let tag = receiver.filter(|_| tagged).unwrap_or_else(|| state.current().clone());
            return Some(Value::Made { tag, at: call.span });
        }
        match self.model.index.ours(ty) {
            Some("Tag" | "TaggedAllocator") => named.or(receiver).map(Value::Names),
            _ => None,
        }
    }
}

impl Analysis for TagScopes<'_> {
    type State = TagState;

    fn start(&self, _: &Body) -> TagState {
        self.start.clone()
    }

    fn join(&self, into: &mut TagState, other: &TagState) {
        into.values.retain(|local, value| other.values.get(local) == Some(value));
        if into.open != other.open {
            let same = into.open.iter().zip(&other.open).take_while(|(one, two)| one == two).count();
            // Who opened which is unknown from here on.
            let at = into.open.iter().chain(&other.open).map(|open| open.at).min();
            into.open.truncate(same);
            into.open.extend(at.map(|at| Open { guard: None, tag: Tag::Unknown, at }));
        }
    }

    fn apply(&self, body: &Body, state: &mut TagState, op: &Op) {
        match op {
            Op::Call(call) => self.call(body, state, call),
            Op::Move { from, to, .. } => {
                let named = from.place.whole().and_then(|local| state.value(local));
                let value = named.filter(|value| matches!(value, Value::Names(_))).cloned();
                let value = value.or_else(|| state.take(self.model, from));
                let source = from.place.whole().filter(|_| !from.by_ref);
                match (source, to.whole()) {
                    (Some(source), Some(to)) => {
                        for open in state.open.iter_mut().filter(|open| open.guard == Some(source)) {
                            open.guard = Some(to);
                        }
                    }
                    (Some(source), None) => state.lose(source),
                    (None, _) => {}
                }
                if let Some(to) = to.whole() {
                    match value {
                        Some(value) => state.values.insert(to, value),
                        None => state.values.remove(&to),
                    };
                }
            }
            Op::Aggregate { dest, parts, .. } => {
                let mut carried: Vec<Value> =
                    parts.iter().filter_map(|part| state.take(self.model, part)).collect();
                parts.iter().for_each(|part| state.give_away(self.model, part));
                if carried.len() == 1 && boxed(self.model, &body.local(*dest).ty, 0) {
                    state.values.extend(carried.pop().map(|value| (*dest, value)));
                }
            }
            Op::Closure { captures, .. } => {
                captures.iter().for_each(|capture| state.give_away(self.model, capture));
            }
            Op::Exit { value: Some(value), .. } => state.give_away(self.model, value),
            Op::Drop { local, .. } => {
                state.leave(*local);
                state.values.remove(local);
            }
            Op::Exit { .. } | Op::Use { .. } | Op::Await { .. } | Op::Jump { .. } => {}
        }
    }
}

/// `drop(value)`
fn is_drop(call: &Call) -> bool {
    matches!(&call.callee, Callee::Foreign(name) if matches!(name.as_str(), "drop" | "std::mem::drop" | "core::mem::drop" | "mem::drop"))
}

/// Whether a value of this type owns a box of the pool or the heap, and drops it where it is dropped itself.
pub(super) fn boxed(model: &Model<'_>, ty: &Ty, depth: usize) -> bool {
    if depth > 4 {
        return false;
    }
    match ty {
        Ty::Adt(id, _) => match model.index.ours(ty) {
            Some(name) => matches!(name, "PoolBox" | "HeapBox"),
            None => {
                let adt = model.index.adt(*id);
                let fields = adt.fields.iter().chain(adt.variants.iter().flat_map(|(_, fields)| fields));
                !adt.drops && fields.into_iter().any(|(_, field)| boxed(model, field, depth + 1))
            }
        },
        Ty::Foreign(name, args) => {
            matches!(name.as_str(), "Option" | "Result")
                && args.iter().any(|arg| boxed(model, arg, depth + 1))
        }
        Ty::Tuple(parts) => parts.iter().any(|part| boxed(model, part, depth + 1)),
        _ => false,
    }
}
