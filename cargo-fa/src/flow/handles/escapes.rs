//! The handles that outlive their frame.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::calls::Ways;
use super::effects::{Handles, What};
use super::state::{State, Status};
use super::track::Tracker;
use super::{Made, Origin, Site, SiteKind, Sited};
use crate::api::Fact;
use crate::finding::Confidence;
use crate::flow::Summaries;
use crate::index::{BodyKey, FnId};
use crate::mir::{self, Call, Callee, FnBody, LocalKind, Op, Place, Root};
use crate::model::Model;
use crate::source::Span;

/// A handle that outlives its frame.
#[derive(Clone, Debug)]
pub(crate) struct Escape {
    pub(crate) how: How,
    /// The user's expression at fault.
    pub(crate) span: Span,
    pub(crate) made: Arc<Made>,
    /// The variable that it was bound to first.
    pub(crate) name: Option<String>,
    /// The call that ends its frame, where that is seen.
    pub(crate) end: Option<Span>,
    pub(crate) confidence: Confidence,
    /// The path of the function in which it happens.
    pub(crate) item: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum How {
    /// It is used after the end.
    Used,
    /// It is returned after the end.
    Returned,
    /// It was put somewhere, and is there at the end.
    Stored(Site),
    /// A variable has it at the end.
    Alive,
}

/// A place in the source where a handle is put somewhere.
type SiteKey = (Span, String);

/// What callers tell of such a place.
#[derive(Debug, Default)]
struct Verdicts {
    /// It is there when the frame ends, or its reader comes too late: with that finding.
    bad: BTreeMap<SiteKey, Escape>,
    /// It is gone before anything ends.
    fine: BTreeSet<SiteKey>,
}

/// What happens to handles after the end of their frames, in the selected crates.
pub(crate) fn escapes(model: &Model<'_>, summaries: &Summaries, handles: &Handles) -> Vec<Escape> {
    let mut verdicts = Verdicts::default();
    let mut found = Vec::new();
    for (_, data, function) in model.functions() {
        for (key, body) in function.iter() {
            let tracker = Tracker { model, summaries, handles, function, body, key, item: &data.path };
            if tracker.is_free_of_handles() {
                continue;
            }
            let mut seen = Seen::default();
            seen.look(&tracker);
            seen.judge(&tracker, &mut verdicts, &mut found);
        }
    }
    for (id, data, function) in model.functions() {
        found.extend(unjudged(handles, &verdicts, id, &data.path, function));
    }
    found.extend(verdicts.bad.into_values());
    // One thing is said of what is put somewhere at once, and first what is sure.
    found.sort_by_key(|escape| (escape.span, escape.how == How::Alive, !escape.made.discarded));
    found.dedup_by(|next, kept| next.span == kept.span && next.how == kept.how && next.how != How::Alive);
    found
}

/// What one body does with handles whose frame has ended.
#[derive(Debug, Default)]
struct Seen {
    ended: BTreeMap<Origin, Ended>,
    used: BTreeMap<Origin, (Span, bool)>,
    returned: BTreeMap<Origin, (Span, bool)>,
    /// Sites in other functions that put something into a place of this body.
    arrived: BTreeSet<SiteKey>,
    /// Those of them that stay when the body is left.
    left: BTreeSet<SiteKey>,
}

#[derive(Debug)]
struct Ended {
    status: Status,
    end: Span,
    sure: bool,
    holders: Vec<(Place, Sited)>,
}

impl Seen {
    fn look(&mut self, tracker: &Tracker<'_>) {
        let results = mir::solve(tracker, tracker.body);
        results.visit(tracker, tracker.body, |state, _, op| {
            if matches!(op, Op::Call(_) | Op::Exit { .. }) {
                self.sites(tracker, state, op);
            }
            match op {
                Op::Call(call) => {
                    self.uses_of_call(tracker, state, call);
                    self.end(tracker, state, call);
                }
                Op::Use { place, span } => self.uses(tracker, state, place, *span),
                Op::Move { from, span, .. } if from.by_ref => self.uses(tracker, state, &from.place, *span),
                Op::Closure { captures, body, .. } => {
                    let inner = tracker.function.body(*body);
                    for (capture, operand) in inner.captures.iter().zip(captures) {
                        let first = inner.ops().find_map(|(_, op)| used_in(op, capture.inner));
                        if let (true, Some(span)) = (capture.by_ref, first) {
                            self.uses(tracker, state, &operand.place, span);
                        }
                    }
                }
                Op::Exit { value: Some(value), span, .. } if tracker.key == BodyKey(0) => {
                    for (_, origin, site) in state.at(&state.resolve(&value.place)) {
                        if let Some((status, end)) = state.ended(origin)
                            && is_direct(&site)
                            && !value.by_ref
                            && tracker.carries(&value.ty)
                            && !status.made.as_ref().is_some_and(|made| made.shared)
                        {
                            self.returned.entry(origin).or_insert((*span, end.sure));
                        }
                    }
                }
                _ => {}
            }
        });
    }

    fn sites(&mut self, tracker: &Tracker<'_>, state: &State, op: &Op) {
        for (place, holdings) in &state.held {
            for site in holdings.values().flatten().filter(|site| site.item != tracker.item) {
                self.arrived.insert((site.span, site.item.clone()));
                if matches!(op, Op::Exit { .. }) && tracker.is_outside(place.root) {
                    self.left.insert((site.span, site.item.clone()));
                }
            }
        }
    }

    fn uses_of_call(&mut self, tracker: &Tracker<'_>, state: &State, call: &Call) {
        let facts = tracker.model.facts(call);
        let drops = matches!(&call.callee, Callee::Foreign(name) if matches!(name.rsplit("::").next(), Some("drop" | "forget")));
        if !drops && !facts.contains(&Fact::LetsGo) {
            // `Some(handle)` moves it and looks at nothing.
            let wraps = !call.has_receiver
                && matches!(call.callee, Callee::Foreign(_))
                && tracker.carries(&tracker.body.local(call.dest).ty);
            for arg in call.args.iter().filter(|arg| arg.by_ref || !wraps) {
                self.uses(tracker, state, &arg.place, arg.span);
            }
        }
        let read = tracker.model.api(call).as_deref() == Some("FrameHandle::read");
        if let (true, Some(receiver)) = (read && !is_asked(tracker, call), call.receiver()) {
            self.reads(state, &state.resolve(&receiver.place), call.span);
        }
        if let Callee::Fn(id) = call.callee
            && let Some(callee) = tracker.model.body(id)
        {
            let ways = Ways { tracker, call, body: callee.main(), closure: None };
            for place in &tracker.handles.of(id, BodyKey(0)).reads {
                if let Some(place) = ways.outside(state, place) {
                    self.reads(state, &place, call.span);
                }
            }
        }
    }

    /// A shared value is read.
    fn reads(&mut self, state: &State, place: &Place, span: Span) {
        for (_, origin, _) in state.at(place) {
            if let Some((status, end)) = state.ended(origin)
                && status.made.as_ref().is_some_and(|made| made.shared)
            {
                self.used.entry(origin).or_insert((span, end.sure));
            }
        }
    }

    fn uses(&mut self, tracker: &Tracker<'_>, state: &State, place: &Place, span: Span) {
        let place = state.resolve(place);
        if tracker.is_outside(place.root) {
            return;
        }
        for (_, origin, site) in state.at(&place) {
            if let Some((status, end)) = state.ended(origin)
                && is_direct(&site)
                && !status.made.as_ref().is_some_and(|made| made.shared)
            {
                self.used.entry(origin).or_insert((span, end.sure));
            }
        }
    }

    fn end(&mut self, tracker: &Tracker<'_>, state: &State, call: &Call) {
        let ending = tracker.ending(state, call);
        if ending.is_empty() {
            return;
        }
        // A function that ends the frame may have emptied places before.
        let mut state = state.clone();
        tracker.flow(&mut state, call);
        for origin in ending {
            let held = state.held.iter().filter_map(|(place, holdings)| {
                holdings.get(&origin).map(|site| (place.clone(), site.clone()))
            });
            let holders: Vec<(Place, Sited)> = held
                .filter(|(place, site)| {
                    is_named(tracker, place.root) && !(site.is_some() && state.is_cleared(place))
                })
                .collect();
            let Some(status) = state.status.get(&origin) else { continue };
            let ended =
                Ended { status: status.clone(), end: call.span, sure: state.least == state.most, holders };
            self.ended.entry(origin).or_insert(ended);
        }
    }

    fn judge(self, tracker: &Tracker<'_>, verdicts: &mut Verdicts, found: &mut Vec<Escape>) {
        for (origin, ended) in &self.ended {
            let Some((how, span, sure)) = self.kind(tracker, *origin, ended) else { continue };
            let Some(made) = ended.status.made.clone() else { continue };
            let site = match &how {
                How::Stored(site) => Some((site.span, site.item.clone())),
                _ => None,
            };
            let item = site.as_ref().map_or_else(|| tracker.item.to_owned(), |(_, item)| item.clone());
            let confidence = if sure { Confidence::High } else { Confidence::Medium };
            let holder = ended.holders.iter().find(|(_, site)| how == How::Alive && site.is_none());
            let name = holder.map(|(place, _)| tracker.spell(place)).or_else(|| ended.status.name.clone());
            let end = Some(ended.end);
            let escape = Escape { how, span, made, name, end, confidence, item };
            match site {
                Some(key) => {
                    verdicts.bad.entry(key).or_insert(escape);
                }
                None => found.push(escape),
            }
        }
        verdicts.fine.extend(self.arrived.difference(&self.left).cloned());
    }

    /// The one thing to say of a handle: where it was put, else its first use, its return, or that it is there.
    fn kind(&self, tracker: &Tracker<'_>, origin: Origin, ended: &Ended) -> Option<(How, Span, bool)> {
        let shared = ended.status.made.as_ref().is_some_and(|made| made.shared);
        let used = || self.used.get(&origin).map(|(span, sure)| (How::Used, *span, *sure && ended.sure));
        if shared {
            return used();
        }
        let stored = |assigned: bool| {
            ended.holders.iter().find_map(|(place, site)| {
                let site = site.as_ref()?;
                let outside = tracker.is_outside(place.root);
                let put = outside || site.kind != SiteKind::Assigned || assigned;
                // Something in a container of the same frame is not a mistake of its own.
                (put && !self.is_inside_another(origin, place))
                    .then(|| (How::Stored(Site::clone(site)), site.span, ended.sure))
            })
        };
        let returned =
            || self.returned.get(&origin).map(|(span, sure)| (How::Returned, *span, *sure && ended.sure));
        let alive = || {
            let mut holders = ended
                .holders
                .iter()
                .filter(|(place, site)| site.is_none() && !self.is_inside_another(origin, place));
            holders.next().map(|_| (How::Alive, ended.end, ended.sure))
        };
        stored(false).or_else(used).or_else(returned).or_else(|| stored(true)).or_else(alive)
    }

    /// Whether the place is itself a handle of a frame that has ended.
    fn is_inside_another(&self, origin: Origin, place: &Place) -> bool {
        self.ended.iter().any(|(other, ended)| {
            *other != origin
                && ended.holders.iter().any(|(held, site)| held == place && site.is_none())
                && !matches!(
                    self.ended[&origin].holders.iter().find(|(held, _)| held == place),
                    Some((_, None))
                )
        })
    }
}

/// `handle.read(alloc).is_none()`: nothing is expected to be there.
fn is_asked(tracker: &Tracker<'_>, read: &Call) -> bool {
    tracker.body.calls().any(|(_, call)| {
        let asked = call.receiver().and_then(|receiver| receiver.place.whole());
        asked == Some(read.dest)
            && matches!(&call.callee, Callee::Foreign(name) if name.ends_with("::is_none"))
    })
}

fn is_direct(site: &Sited) -> bool {
    site.as_ref().is_none_or(|site| site.kind == SiteKind::Assigned)
}

fn is_named(tracker: &Tracker<'_>, root: Root) -> bool {
    match root {
        Root::Static(_) => true,
        Root::Local(local) => {
            let data = tracker.body.local(local);
            data.kind != LocalKind::Temporary && data.name.is_some()
        }
    }
}

/// Where an operation uses a variable.
fn used_in(op: &Op, local: mir::Local) -> Option<Span> {
    let of = |place: &Place| place.root == Root::Local(local);
    match op {
        Op::Call(call) => call.args.iter().find(|arg| of(&arg.place)).map(|arg| arg.span),
        Op::Use { place, span } => of(place).then_some(*span),
        Op::Move { from, .. } => of(&from.place).then_some(from.span),
        _ => None,
    }
}

/// What a function puts into places from outside of it, when no caller tells what becomes of it.
fn unjudged(handles: &Handles, verdicts: &Verdicts, id: FnId, path: &str, function: &FnBody) -> Vec<Escape> {
    let mut found = Vec::new();
    for (what, place, site) in &handles.of(id, BodyKey(0)).stores {
        let key = (site.span, site.item.clone());
        let What::Made { made, name, .. } = what else { continue };
        let judged = verdicts.bad.contains_key(&key) || verdicts.fine.contains(&key);
        if site.item != path || judged || made.shared {
            continue;
        }
        let confidence = match place.root {
            Root::Static(_) if handles.clears_static(place) => Confidence::Low,
            Root::Static(_) => Confidence::High,
            Root::Local(_) if site.kind == SiteKind::Captured => Confidence::Medium,
            Root::Local(local) if made.discarded && !place.fields.is_empty() => {
                // A field of the object that the method is called on.
                let is_self = function.main().local(local).name.as_deref() == Some("self");
                if is_self { Confidence::Medium } else { Confidence::Low }
            }
            Root::Local(_) => Confidence::Low,
        };
        found.push(Escape {
            how: How::Stored(Site::clone(site)),
            span: site.span,
            made: made.clone(),
            name: name.clone(),
            end: None,
            confidence,
            item: path.to_owned(),
        });
    }
    found
}
