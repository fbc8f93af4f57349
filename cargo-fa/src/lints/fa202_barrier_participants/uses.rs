//! What becomes of a barrier.

use super::fields::{Field, places};
use super::paths::{Factor, Root, path};
use crate::flow::threads::MAIN;
use crate::index::{BodyKey, FnId, Ty};
use crate::mir::{BlockId, Call, Callee, FnBody, Local, Op, Operand};
use crate::model::Model;
use crate::source::Span;

/// A place where a barrier is used, with the way to it.
#[derive(Clone, Debug)]
pub(super) struct Site {
    pub(super) span: Span,
    /// The function and the body.
    pub(super) at: (FnId, BodyKey),
    pub(super) path: Vec<Factor>,
}

#[derive(Clone, Debug)]
pub(super) struct Wait {
    pub(super) site: Site,
    /// It is a participant who waits, and signals for that.
    pub(super) takes_part: bool,
}

/// All uses of one barrier.
#[derive(Clone, Debug, Default)]
pub(super) struct Uses {
    pub(super) joins: Vec<Site>,
    pub(super) signals: Vec<Site>,
    pub(super) waits: Vec<Wait>,
}

/// What a variable holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Holds {
    Builder,
    Barrier,
    Participant,
}

/// What a variable is followed in: a function, with the way to its call.
struct Follow<'a> {
    model: &'a Model<'a>,
    uses: Uses,
    depth: usize,
}

/// How many functions a barrier is followed through.
const MAX_DEPTH: usize = 3;

/// The uses of the barrier, or of the builder, in `dest`; `None` when not all of them are seen.
pub(super) fn of(
    model: &Model<'_>,
    function: &FnBody,
    at: BodyKey,
    block: BlockId,
    dest: Local,
) -> Option<Uses> {
    let mut follow = Follow { model, uses: Uses::default(), depth: 0 };
    let ty = &function.body(at).local(dest).ty;
    let holds = match model.index.ours(ty)? {
        "FrameBarrier" => Holds::Barrier,
        _ => Holds::Builder,
    };
    follow.all(function, &Root::new(function, at, block), &[], vec![(at, dest, holds)])?;
    Some(follow.uses)
}

impl Follow<'_> {
    fn all(
        &mut self,
        function: &FnBody,
        root: &Root,
        before: &[Factor],
        mut work: Vec<(BodyKey, Local, Holds)>,
    ) -> Option<()> {
        let mut seen = Vec::new();
        while let Some(next) = work.pop() {
            if seen.contains(&next) {
                continue;
            }
            seen.push(next);
            let (at, local, holds) = next;
            let body = function.body(at);
            for (block, op) in body.ops() {
                let is = |operand: &Operand| operand.place.root_local() == Some(local);
                match op {
                    Op::Call(call) if call.args.iter().any(is) => {
                        let way = |surely| {
                            let path = path(function, root, at, block, surely)?;
                            Some(before.iter().copied().chain(path).collect::<Vec<_>>())
                        };
                        work.extend(
                            self.call(call, (function.function, at), holds, &is, &way)?
                                .into_iter()
                                .map(|(local, holds)| (at, local, holds)),
                        );
                    }
                    Op::Move { from, to, .. } if is(from) => work.push((at, to.whole()?, holds)),
                    Op::Closure { body: inner, captures, .. } if captures.iter().any(is) => {
                        let captured =
                            function.body(*inner).captures.iter().filter(|capture| capture.outer == local);
                        work.extend(captured.map(|capture| (*inner, capture.inner, holds)));
                    }
                    Op::Aggregate { dest, parts, fields, .. }
                        if parts.iter().any(is) && holds == Holds::Barrier && self.depth == 0 =>
                    {
                        let Ty::Adt(adt, _) = body.local(*dest).ty else { return None };
                        let name = fields.get(parts.iter().position(is)?)?.clone();
                        self.field(&Field { adt, name })?;
                    }
                    // Participants signal, or leave, wherever they are kept.
                    Op::Aggregate { parts, .. } if parts.iter().any(is) && holds != Holds::Participant => {
                        return None;
                    }
                    Op::Exit { value: Some(value), .. } if is(value) && holds != Holds::Participant => {
                        return None;
                    }
                    _ => {}
                }
            }
        }
        Some(())
    }

    /// Goes on in the one function that uses the field in which the barrier is; each call of it is a frame.
    fn field(&mut self, field: &Field) -> Option<()> {
        let model = self.model;
        let function = field.user(model)?;
        let root = Root::new(function, MAIN, BlockId(0));
        let mut work = Vec::new();
        for (at, body) in function.iter() {
            let is = |operand: &Operand| field.is(model, body, &operand.place);
            for (block, op) in body.ops() {
                match op {
                    Op::Call(call) if call.args.iter().any(is) => {
                        let way = |surely| path(function, &root, at, block, surely);
                        let found = self.call(call, (function.function, at), Holds::Barrier, &is, &way)?;
                        work.extend(found.into_iter().map(|(local, holds)| (at, local, holds)));
                    }
                    Op::Move { from, to, .. } if is(from) => work.push((at, to.whole()?, Holds::Barrier)),
                    Op::Use { .. } => {}
                    other if places(other).into_iter().any(|place| field.is(model, body, place)) => {
                        return None;
                    }
                    _ => {}
                }
            }
        }
        self.depth += 1;
        let followed = self.all(function, &root, &[], work);
        self.depth -= 1;
        followed
    }

    /// What one call does with it; the variables that hold it afterwards.
    fn call(
        &mut self,
        call: &Call,
        at: (FnId, BodyKey),
        holds: Holds,
        is: &dyn Fn(&Operand) -> bool,
        way: &dyn Fn(bool) -> Option<Vec<Factor>>,
    ) -> Option<Vec<(Local, Holds)>> {
        let site = |path| Site { span: call.span, at, path };
        let name = match &call.callee {
            Callee::Foreign(name) => match (name.rsplit("::").next(), holds) {
                (Some("clone" | "new" | "from" | "deref" | "as_ref"), _) => {
                    return Some(vec![(call.dest, holds)]);
                }
                (Some("drop"), _) | (_, Holds::Participant) => return Some(Vec::new()),
                _ => return None,
            },
            Callee::Macro(_) => return Some(Vec::new()),
            _ => self.model.api(call).unwrap_or_default(),
        };
        match (&*name, holds) {
            ("BarrierBuilder::build", _) => return Some(vec![(call.dest, Holds::Barrier)]),
            ("BarrierBuilder::with_participants", _) => return None,
            (_, Holds::Builder) if name.starts_with("BarrierBuilder::") => {
                return Some(vec![(call.dest, holds)]);
            }
            ("FrameBarrier::participant", _) => {
                self.uses.joins.push(site(way(true)?));
                return Some(vec![(call.dest, Holds::Participant)]);
            }
            ("FrameBarrier::signal_frame_complete", _) => self.uses.signals.push(site(way(true)?)),
            ("FrameBarrier::wait_all" | "FrameBarrier::wait_timeout" | "FrameBarrier::is_complete", _) => {
                let site = site(way(false).unwrap_or_default());
                self.uses.waits.push(Wait { site, takes_part: false });
            }
            ("Participant::wait_all" | "Participant::wait_timeout", _) => {
                let site = site(way(false).unwrap_or_default());
                self.uses.waits.push(Wait { site, takes_part: true });
            }
            // What a participant's barrier is used for is not looked at.
            ("Participant::barrier", _) => return None,
            _ if name.starts_with("FrameBarrier::") || holds == Holds::Participant => {}
            _ => self.function(call, holds, is, way)?,
        }
        Some(Vec::new())
    }

    /// Goes on in a function of the program that is given it.
    fn function(
        &mut self,
        call: &Call,
        holds: Holds,
        is: &dyn Fn(&Operand) -> bool,
        way: &dyn Fn(bool) -> Option<Vec<Factor>>,
    ) -> Option<()> {
        let Callee::Fn(id) = call.callee else { return None };
        let function = self.model.body(id)?;
        let main = function.main();
        let at = call.args.iter().position(is)?;
        let param = *main.params.get(at)?;
        if self.depth == MAX_DEPTH || self.model.index.ours(&main.ret).is_some() {
            return None;
        }
        self.depth += 1;
        let root = Root::new(function, MAIN, BlockId(0));
        let followed = self.all(function, &root, &way(true)?, vec![(MAIN, param, holds)]);
        self.depth -= 1;
        followed
    }
}
