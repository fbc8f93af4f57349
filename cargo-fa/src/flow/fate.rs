//! What becomes of a value by the end of the round in which it is made.

use crate::api::{Amount, Fact, Memory, Role, role};
use crate::index::Ty;
use crate::mir::{BlockId, Body, Call, Callee, Local, LocalKind, LoopId, Op, Operand, Place};
use crate::model::Model;
use crate::source::Span;

use super::Summaries;
use super::rounds::is_of_round;

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is put into a container that outlives the round.
    Collected { into: Place, ty: Ty, span: Span, keyed: bool },
    /// It is what the closure returns.
    Returned,
    /// It is read or written within the round, and dropped.
    UsedUp,
    /// It goes where it is not followed, or to a place for one value; or nobody looks at it.
    Elsewhere,
}

/// Containers of std and of crates that are used like them.
const CONTAINERS: [&str; 14] = [
    "ArrayVec",
    "BTreeMap",
    "BTreeSet",
    "BinaryHeap",
    "FxHashMap",
    "FxHashSet",
    "HashMap",
    "HashSet",
    "IndexMap",
    "IndexSet",
    "LinkedList",
    "SmallVec",
    "Vec",
    "VecDeque",
];
/// Macros that read their arguments.
const READING: [&str; 18] = [
    "assert",
    "assert_eq",
    "assert_ne",
    "dbg",
    "debug",
    "debug_assert",
    "debug_assert_eq",
    "eprintln",
    "error",
    "format",
    "info",
    "panic",
    "print",
    "println",
    "trace",
    "warn",
    "write",
    "writeln",
];

/// What becomes of the value that `made` makes in a round of `in_loop` or, without one, in a run of the closure.
pub(crate) fn fate(model: &Model<'_>, body: &Body, made: &Call, in_loop: Option<LoopId>) -> Fate {
    let lent = body.local(made.dest).ty.is_ref();
    let mut round = Round { model, body, in_loop, lent, holders: vec![made.dest], collected: None };
    let mut before = 0;
    let mut returned = false;
    while before < round.holders.len() {
        before = round.holders.len();
        for (_, op) in body.ops() {
            match round.step(op, made) {
                Step::On => {}
                Step::Returned => returned = true,
                Step::Elsewhere => return Fate::Elsewhere,
            }
        }
    }
    match (round.collected.take(), returned) {
        (Some(_), true) => Fate::Elsewhere,
        (Some(collected), false) => collected,
        (None, true) => Fate::Returned,
        (None, false) if body.ops().any(|(_, op)| round.borrows(op)) => Fate::UsedUp,
        (None, false) => Fate::Elsewhere,
    }
}

enum Step {
    On,
    Returned,
    Elsewhere,
}

struct Round<'a> {
    model: &'a Model<'a>,
    body: &'a Body,
    in_loop: Option<LoopId>,
    /// The value is a reference, which a callee may keep.
    lent: bool,
    /// The variables that have it.
    holders: Vec<Local>,
    collected: Option<Fate>,
}

impl Round<'_> {
    fn holds(&self, operand: &Operand) -> bool {
        operand.place.whole().is_some_and(|local| self.holders.contains(&local))
    }

    /// It is passed itself, not a borrow of it.
    fn passes(&self, operand: &Operand) -> bool {
        self.holds(operand) && (self.lent || !operand.by_ref)
    }

    fn hand_to(&mut self, local: Local) {
        if !self.holders.contains(&local) {
            self.holders.push(local);
        }
    }

    /// A variable of this round, and no reference to what is outside.
    fn is_inside(&self, local: Local) -> bool {
        match self.in_loop {
            Some(id) => is_of_round(self.body, local, id),
            None => !matches!(self.body.local(local).kind, LocalKind::Captured(_)),
        }
    }

    fn step(&mut self, op: &Op, made: &Call) -> Step {
        match op {
            Op::Move { from, to, .. } if self.passes(from) => match to.whole() {
                Some(local) if self.is_inside(local) => {
                    self.hand_to(local);
                    Step::On
                }
                _ => Step::Elsewhere,
            },
            // What `?` and patterns take out of `Ok(..)` is it too.
            Op::Move { from, to, .. } if self.takes_out(from) => match to.whole() {
                Some(local) if self.is_inside(local) => {
                    self.hand_to(local);
                    Step::On
                }
                _ => Step::Elsewhere,
            },
            Op::Call(call) if call.span == made.span && call.dest == made.dest => Step::On,
            Op::Call(call) => self.call(call),
            Op::Aggregate { dest, parts, .. } if parts.iter().any(|part| self.passes(part)) => {
                // A pair of a key and a value, say.
                if matches!(self.body.local(*dest).ty, Ty::Tuple(_)) {
                    self.hand_to(*dest);
                    Step::On
                } else {
                    Step::Elsewhere
                }
            }
            Op::Closure { captures, .. } if captures.iter().any(|capture| self.holds(capture)) => {
                Step::Elsewhere
            }
            Op::Exit { value: Some(value), .. } if self.holds(value) => {
                if self.in_loop.is_none() {
                    Step::Returned
                } else {
                    Step::Elsewhere
                }
            }
            _ => Step::On,
        }
    }

    /// Whether it is read, or something is done with what it holds.
    fn borrows(&self, op: &Op) -> bool {
        let part = |place: &Place| place.root_local().is_some_and(|local| self.holders.contains(&local));
        match op {
            Op::Use { place, .. } => part(place),
            Op::Call(call) => {
                call.args.iter().any(|arg| part(&arg.place) && (arg.by_ref || !arg.place.fields.is_empty()))
            }
            Op::Move { from, to, .. } => {
                part(to) && !to.fields.is_empty()
                    || part(&from.place) && (from.by_ref || !from.place.fields.is_empty())
            }
            Op::Aggregate { parts, .. } => parts.iter().any(|from| part(&from.place)),
            Op::Exit { value: Some(value), .. } => part(&value.place),
            _ => false,
        }
    }

    fn takes_out(&self, from: &Operand) -> bool {
        let root = from.place.root_local();
        let of_holder =
            root.is_some_and(|local| self.holders.contains(&local)) && !from.place.fields.is_empty();
        of_holder && !from.by_ref && self.is_handle(&from.ty)
    }

    fn is_handle(&self, ty: &Ty) -> bool {
        self.model
            .index
            .ours(ty)
            .and_then(role)
            .is_some_and(|role| matches!(role, Role::FrameMemory | Role::Owner(_)))
    }

    fn call(&mut self, call: &Call) -> Step {
        let passed: Vec<usize> = (0..call.args.len()).filter(|at| self.passes(&call.args[*at])).collect();
        if passed.is_empty() {
            return match &call.callee {
                // A macro nobody knows may take it.
                Callee::Macro(name)
                    if call.args.iter().any(|arg| self.holds(arg)) && !READING.contains(&name.as_str()) =>
                {
                    Step::Elsewhere
                }
                _ => Step::On,
            };
        }
        if let Some(keyed) = filled(self.model, call)
            && !passed.contains(&0)
        {
            return self.collect(call, keyed);
        }
        let facts = self.model.facts(call);
        match &call.callee {
            Callee::Macro(name) if READING.contains(&name.as_str()) => Step::On,
            Callee::Foreign(name) if name == "drop" || name.ends_with("mem::drop") => Step::On,
            // `unwrap`, `expect`, `Some`: it is still the same.
            Callee::Foreign(name)
                if ["Option", "Result"].contains(&name.split("::").next().unwrap_or(name)) =>
            {
                if self.is_handle(&unwrapped(&self.body.local(call.dest).ty)) {
                    self.hand_to(call.dest);
                }
                Step::On
            }
            Callee::Fn(_) if facts.contains(&Fact::MovesOut) => Step::On,
            // A method of what a reference leads to.
            Callee::Fn(_) | Callee::Foreign(_) if self.lent && passed == [0] && call.has_receiver => Step::On,
            _ => Step::Elsewhere,
        }
    }

    fn collect(&mut self, call: &Call, keyed: bool) -> Step {
        let receiver = &call.args[0];
        let outlives = match receiver.place.root_local() {
            Some(local) => !self.is_inside(local) || self.body.local(local).ty.is_ref(),
            None => true,
        };
        if !outlives || self.collected.is_some() {
            // Into a list of this round, or into two.
            let again = matches!(&self.collected, Some(Fate::Collected { span, .. }) if *span == call.span);
            return if again { Step::On } else { Step::Elsewhere };
        }
        let (into, ty) = (receiver.place.clone(), receiver.ty.clone());
        self.collected = Some(Fate::Collected { into, ty, span: call.span, keyed });
        Step::On
    }
}

/// What a function of the program keeps of what it allocates when it is called.
#[derive(Clone, Debug)]
pub(crate) struct KeptBy {
    pub(crate) memory: Memory,
    pub(crate) amount: Amount,
    /// The container, as the caller knows it.
    pub(crate) into: Place,
    pub(crate) ty: Ty,
    /// The allocation in the function.
    pub(crate) span: Span,
    pub(crate) keyed: bool,
    /// It does so whenever it is called.
    pub(crate) always: bool,
}

/// What a call keeps in a container that the function is lent: `fn add(&mut self, x: T) { self.all.push(pool.pool_box(x)) }`.
pub(crate) fn kept_by(model: &Model<'_>, summaries: &Summaries, call: &Call) -> Option<KeptBy> {
    let Callee::Fn(id) = call.callee else { return None };
    let body = model.body(id)?.main();
    body.calls().find_map(|(block, made)| {
        let (memory, amount) = summaries.makes(model, made)?;
        let Fate::Collected { into, ty, keyed, .. } = fate(model, body, made, None) else { return None };
        let at = body.params.iter().position(|param| Some(*param) == into.root_local())?;
        let mut place = call.args.get(at)?.place.clone();
        place.fields.extend(into.fields);
        let always = block == BlockId(0);
        Some(KeptBy { memory, amount, into: place, ty, span: made.span, keyed, always })
    })
}

/// What an `Option` or a `Result` holds.
pub(crate) fn unwrapped(ty: &Ty) -> Ty {
    match ty {
        Ty::Foreign(name, args) if matches!(name.as_str(), "Option" | "Result") => {
            args.first().cloned().unwrap_or_default()
        }
        other => other.clone(),
    }
}

/// Whether a call puts its last argument into a container, and whether under a key.
pub(crate) fn filled(model: &Model<'_>, call: &Call) -> Option<bool> {
    fills(model, call).or_else(|| {
        // A method of the program that does so first: `fn push(&mut self, value: T) { self.items.push(value) }`.
        let Callee::Fn(id) = call.callee else { return None };
        let body = model.body(id).filter(|_| call.has_receiver)?.main();
        let (own, given) = (body.params.first()?, body.params.last().filter(|_| body.params.len() > 1)?);
        let is = |operand: &Operand, local: &Local| operand.place.root_local() == Some(*local);
        let mut first = body.calls().filter(|(block, _)| *block == BlockId(0)).map(|(_, call)| call);
        first.find_map(|call| {
            let passed = is(call.args.first()?, own) && is(call.args.last()?, given);
            fills(model, call).filter(|_| passed && call.args.last().is_some_and(|arg| !arg.by_ref))
        })
    })
}

fn fills(model: &Model<'_>, call: &Call) -> Option<bool> {
    let receiver = call.receiver()?;
    let (name, known) = match &call.callee {
        Callee::Foreign(name) => {
            let (ty, method) = name.split_once("::")?;
            let ours = model.index.ours(&receiver.ty).and_then(role) == Some(Role::FrameMemory);
            (method.to_owned(), ours || CONTAINERS.contains(&ty))
        }
        Callee::Fn(_) => {
            let api = model.api(call)?;
            let method = api.split_once("::")?.1.to_owned();
            (method, model.facts(call).contains(&Fact::Grows) || api.starts_with("Bounded"))
        }
        _ => return None,
    };
    match name.trim_start_matches("try_") {
        _ if !known => None,
        "push" | "push_back" | "push_front" => Some(false),
        "insert" => Some(true),
        _ => None,
    }
}
