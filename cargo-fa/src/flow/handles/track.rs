//! How operations change what is held where.

use std::sync::Arc;

use super::effects::Handles;
use super::state::{State, Status};
use super::{Origin, Site, SiteKind, Sited, carries, lends};
use crate::flow::values::type_of;
use crate::flow::{Pair, PairDepth, Summaries};
use crate::index::{BodyKey, Ty};
use crate::mir::{Analysis, Body, FnBody, Local, LocalKind, Op, Operand, Place, Root};
use crate::model::Model;
use crate::source::Span;

/// The analysis of one body.
pub(crate) struct Tracker<'a> {
    pub(super) model: &'a Model<'a>,
    pub(super) summaries: &'a Summaries,
    pub(super) handles: &'a Handles,
    pub(super) function: &'a FnBody,
    pub(super) body: &'a Body,
    pub(super) key: BodyKey,
    /// The path of the function.
    pub(super) item: &'a str,
}

/// What comes out of a place or call: fields below it, which handle, how it got there.
pub(super) type Flow = Vec<(Vec<String>, Origin, Sited)>;

impl Tracker<'_> {
    pub(super) fn frames(&self) -> PairDepth<'_> {
        PairDepth { pair: Pair::Frame, model: self.model, summaries: self.summaries }
    }

    pub(super) fn carries(&self, ty: &Ty) -> bool {
        carries(&self.handles.carry, &[], ty)
    }

    /// Whether there may be a handle in a place of this type, or behind it, as far as one knows.
    pub(super) fn may_hold(&self, ty: &Ty) -> bool {
        match ty.peeled() {
            Ty::Unknown => true,
            Ty::Foreign(_, args) if lends(ty.peeled()) => args.iter().any(|arg| self.may_hold(arg)),
            other => self.carries(other),
        }
    }

    /// Whether nothing in the body can have a handle in it.
    pub(super) fn is_free_of_handles(&self) -> bool {
        let known = |ty: &Ty| *ty.peeled() != Ty::Unknown && self.may_hold(ty);
        !self.body.locals.iter().any(|local| known(&local.ty))
    }

    /// Whether what is in a place stays when the body is left.
    pub(super) fn is_outside(&self, root: Root) -> bool {
        match root {
            Root::Static(_) => true,
            Root::Local(local) => {
                let data = self.body.local(local);
                matches!(data.kind, LocalKind::Captured(_))
                    || (data.kind == LocalKind::Param && data.ty.is_ref())
            }
        }
    }

    /// What an operand brings along when it is moved.
    pub(super) fn moved(&self, state: &mut State, operand: &Operand) -> Flow {
        if operand.by_ref || operand.ty.is_ref() || !self.carries(&operand.ty) {
            return Vec::new();
        }
        let place = state.resolve(&operand.place);
        if self.is_outside(place.root) {
            state.cleared.insert(place.clone());
        }
        state.take(&place)
    }

    pub(super) fn fill(&self, state: &mut State, place: &Place, flow: Flow) {
        for (below, origin, site) in flow {
            let mut key = place.clone();
            key.fields.extend(below);
            state.put(key, origin, site);
        }
    }

    /// Puts handles into a resolved place where they stay.
    pub(super) fn store(&self, state: &mut State, place: &Place, flow: Flow, span: Span, kind: SiteKind) {
        if flow.is_empty() {
            return;
        }
        state.refilled(place);
        let into = self.spell(place);
        let site = |kind| Some(Arc::new(Site { span, kind, into: into.clone(), item: self.item.to_owned() }));
        for (below, origin, _) in flow {
            // What a closure captured is below a field with its body's number.
            let captured = below.iter().any(|field| field.starts_with('#'));
            let site = site(if captured { SiteKind::Captured } else { kind });
            state.put(place.clone(), origin, site);
        }
    }

    /// A place as the source names it.
    pub(super) fn spell(&self, place: &Place) -> String {
        let root = match place.root {
            Root::Local(local) => self.body.local(local).name.clone().unwrap_or_else(|| "a value".into()),
            Root::Static(id) => self.model.index.static_(id).name.text.clone(),
        };
        let named = |field: &&String| !field.starts_with('#');
        place.fields.iter().filter(named).fold(root, |spelled, field| format!("{spelled}.{field}"))
    }

    fn assign(&self, state: &mut State, from: &Operand, to: &Place, span: Span) {
        let declared = to
            .whole()
            .map(|local| self.body.local(local))
            .filter(|data| data.kind == LocalKind::Temporary || data.span == span);
        if from.by_ref || from.ty.is_ref() {
            if let Some(local) = to.whole() {
                let place = state.resolve(&from.place);
                state.drop_local(local);
                state.alias(local, place);
            }
            return;
        }
        let flow = self.moved(state, from);
        let lent = lends(&from.ty) && from.place.whole().is_some_and(|from| state.is_alias(from));
        if let (true, Some(local)) = (lent, to.whole()) {
            let place = state.resolve(&from.place);
            return state.alias(local, place);
        }
        if let (Some(data), Some(local)) = (declared, to.whole()) {
            state.drop_local(local);
            for (_, origin, _) in &flow {
                if let Some(status) = state.status.get_mut(origin)
                    && status.name.is_none()
                {
                    status.name.clone_from(&data.name);
                }
            }
            return self.fill(state, to, flow);
        }
        let place = state.resolve(to);
        if !to.fields.iter().any(|field| field == "[]") {
            // What was there is dropped.
            state.clear(&place);
            let ty =
                if from.ty == Ty::Unknown { type_of(self.model, self.body, to) } else { from.ty.clone() };
            if self.may_hold(&ty) {
                state.cleared.insert(place.clone());
            }
        }
        self.store(state, &place, flow, span, SiteKind::Assigned);
    }
}

/// The field of a closure's value in which a captured variable is.
pub(super) fn captured_field(body: BodyKey, outer: Local) -> String {
    format!("#{}.{}", body.0, outer.0)
}

impl Analysis for Tracker<'_> {
    type State = State;

    fn start(&self, body: &Body) -> State {
        let mut state = State::default();
        let captured = body.captures.iter().filter(|capture| !capture.by_ref).map(|capture| capture.inner);
        for local in body.params.iter().copied().chain(captured) {
            if self.carries(&body.local(local).ty) {
                let status = Status { made: None, name: None, depth: 0, allocator: None, ended: None };
                state.status.insert(Origin::Input(local), status);
                state.put(Place::local(local), Origin::Input(local), None);
            }
        }
        state
    }

    fn join(&self, into: &mut State, other: &State) {
        into.join(other);
    }

    fn apply(&self, _: &Body, state: &mut State, op: &Op) {
        match op {
            Op::Call(call) => self.call(state, call),
            Op::Move { from, to, span } => self.assign(state, from, to, *span),
            Op::Aggregate { dest, parts, fields, .. } => {
                let moved: Vec<Flow> = parts.iter().map(|part| self.moved(state, part)).collect();
                state.drop_local(*dest);
                for (flow, field) in moved.into_iter().zip(fields) {
                    let mut place = Place::local(*dest);
                    if field != "[]" {
                        place.fields.push(field.clone());
                    }
                    self.fill(state, &place, flow);
                }
            }
            Op::Closure { dest, body, captures, .. } => {
                state.drop_local(*dest);
                for (capture, operand) in self.function.body(*body).captures.iter().zip(captures) {
                    if capture.by_ref {
                        continue;
                    }
                    let flow = self.moved(state, operand);
                    let place = Place {
                        root: Root::Local(*dest),
                        fields: vec![captured_field(*body, capture.outer)],
                    };
                    self.fill(state, &place, flow);
                }
            }
            Op::Drop { local, .. } => state.drop_local(*local),
            Op::Use { .. } | Op::Await { .. } | Op::Jump { .. } | Op::Exit { .. } => {}
        }
    }
}
