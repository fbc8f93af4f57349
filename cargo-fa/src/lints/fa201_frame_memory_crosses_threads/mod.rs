//! FA201: frame memory that a thread may use after the frame has ended.
#![doc = include_str!("page.md")]

mod origins;

use crate::finding::{Confidence, Finding, Level};
use crate::flow::threads::{self, Spawn, closure, made, spawns};
use crate::flow::{Pair, PairDepth};
use crate::index::{BodyKey, FnData, FnId};
use crate::lints::{Category, Lint, LintCx};
use crate::mir::{self, Analysis, Body, Call, Callee, FnBody, Op, Run};
use crate::source::Span;
use origins::{Kind, Origins};

pub(crate) static LINT: Lint = Lint {
    code: "FA201",
    name: "frame_memory_crosses_threads",
    category: Category::Threading,
    level: Level::Warn,
    summary: "another thread may use memory of a frame that has ended",
    page: include_str!("page.md"),
};

pub(crate) fn check(cx: &LintCx<'_>, findings: &mut Vec<Finding>) {
    for (id, data, function) in cx.model.functions() {
        if cx.summaries.of(id).allocates.is_empty() {
            continue;
        }
        let origins = origins::of(cx, function);
        if origins.is_empty() {
            continue;
        }
        let spawns = spawns(cx.summaries, function);
        for (at, body) in function.iter() {
            let mut found = check_body(cx, function, at, body, &spawns, &origins);
            // Whoever is handed the thread, or keeps it, may wait for it.
            if found.iter().any(|finding| finding.confidence < Confidence::High) && others_wait(cx, id, data)
            {
                found.retain(|finding| finding.confidence == Confidence::High);
            }
            findings.extend(found.into_iter().map(|finding| finding.item(&data.path)));
        }
    }
}

/// Whether another function waits for threads that might be those of this one: a method of the same type, or a caller.
fn others_wait(cx: &LintCx<'_>, id: FnId, data: &FnData) -> bool {
    cx.model.index.functions().any(|(other, of_other)| {
        let Some(body) = cx.model.body(other).filter(|_| other != id) else { return false };
        let calls = || body.bodies.iter().flat_map(Body::calls).map(|(_, call)| call);
        let related = data.owner.is_some() && data.owner == of_other.owner
            || calls().any(|call| call.callee == Callee::Fn(id));
        related && calls().any(threads::waits)
    })
}

/// Something of a frame that another thread has been given.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Handed {
    /// The call that hands it over.
    call: Span,
    /// A new thread has it, or the other end of a channel.
    to_thread: bool,
    kind: Kind,
    made: Span,
    name: Option<String>,
}

/// What other threads have been given since the last time that this one has waited.
struct Handing<'a> {
    cx: &'a LintCx<'a>,
    function: &'a FnBody,
    at: BodyKey,
    spawns: &'a [Spawn<'a>],
    origins: &'a Origins,
}

impl Handing<'_> {
    /// What a call hands over.
    fn handed(&self, body: &Body, call: &Call) -> Option<Handed> {
        if let Callee::Foreign(name) = &call.callee
            && matches!(&**name, "Sender::send" | "SyncSender::send" | "SyncSender::try_send")
        {
            let value = call.given().first()?.place.root_local()?;
            let (kind, made) = *self.origins.get(&(self.at, value))?;
            let name = body.local(value).name.clone();
            return Some(Handed { call: call.name_span, to_thread: false, kind, made, name });
        }
        let mut here = self.spawns.iter().filter(|spawn| spawn.at == self.at && spawn.call.span == call.span);
        let key = here.find(|spawn| spawn.run == Run::DetachedThread)?.closure()?;
        // A closure that has a name was made before, and perhaps around this body.
        let captures = self.function.iter().find_map(|(at, body)| Some((at, made(body, key)?)))?;
        let (at, captures) = captures;
        captures.iter().find_map(|capture| {
            let local = capture.place.root_local()?;
            let (kind, made) = *self.origins.get(&(at, local))?;
            let name = self.function.body(at).local(local).name.clone();
            Some(Handed { call: call.name_span, to_thread: true, kind, made, name })
        })
    }

    fn waits(&self, call: &Call) -> bool {
        let inside = call.args.iter().filter_map(closure).any(|key| {
            let run = |run| matches!(run, Run::Once | Run::PerItem);
            let body = self.function.body(key);
            body.runs.iter().all(|site| run(site.run))
                && body.calls().any(|(_, call)| self.cx.summaries.waits(self.cx.model, call))
        });
        inside || self.cx.summaries.waits(self.cx.model, call)
    }
}

impl Analysis for Handing<'_> {
    type State = Vec<Handed>;

    fn start(&self, _: &Body) -> Vec<Handed> {
        Vec::new()
    }

    fn join(&self, into: &mut Vec<Handed>, other: &Vec<Handed>) {
        let new: Vec<Handed> = other.iter().filter(|handed| !into.contains(handed)).cloned().collect();
        into.extend(new);
    }

    fn apply(&self, body: &Body, state: &mut Vec<Handed>, op: &Op) {
        let call = match op {
            Op::Call(call) => call,
            Op::Await { .. } => return state.clear(),
            _ => return,
        };
        if self.waits(call) {
            state.clear();
        }
        if let Some(handed) = self.handed(body, call)
            && !state.contains(&handed)
        {
            state.push(handed);
        }
    }
}

fn check_body(
    cx: &LintCx<'_>,
    function: &FnBody,
    at: BodyKey,
    body: &Body,
    spawns: &[Spawn<'_>],
    origins: &Origins,
) -> Vec<Finding> {
    let analysis = Handing { cx, function, at, spawns, origins };
    if !body.calls().any(|(_, call)| analysis.handed(body, call).is_some()) {
        return Vec::new();
    }
    let frames = PairDepth { pair: Pair::Frame, model: cx.model, summaries: cx.summaries };
    // What a closure has started the code around it may wait for.
    let waited_for = body.parent.is_some()
        && function
            .iter()
            .filter(|(other, _)| *other != at)
            .any(|(_, outer)| outer.calls().any(|(_, call)| cx.summaries.waits(cx.model, call)));
    let mut ended: Vec<(Handed, Option<Span>)> = Vec::new();
    let results = mir::solve(&analysis, body);
    results.visit(&analysis, body, |state, _, op| {
        let end = match op {
            Op::Call(call) if frames.delta(call) < 0 => Some(call.span),
            Op::Exit { .. } => None,
            _ => return,
        };
        for handed in state {
            // Who has the other end of a channel may be waited for by the caller.
            if end.is_none() && (waited_for || !handed.to_thread) {
                continue;
            }
            match ended.iter_mut().find(|(known, _)| known.call == handed.call) {
                Some((_, known)) => *known = known.or(end),
                None => ended.push((handed.clone(), end)),
            }
        }
    });
    ended.into_iter().map(|(handed, end)| finding(cx, &handed, end)).collect()
}

fn finding(cx: &LintCx<'_>, handed: &Handed, end: Option<Span>) -> Finding {
    let by = cx.model.text(handed.call);
    let what = match (&handed.name, handed.kind) {
        (Some(name), Kind::Shared) => format!("`{name}`"),
        (Some(name), Kind::Address) => format!("the frame memory that `{name}` leads to"),
        (None, Kind::Shared) => "a shared value".to_owned(),
        (None, Kind::Address) => "frame memory".to_owned(),
    };
    let label = if handed.to_thread {
        format!("the frame does not wait for the thread of `{by}`")
    } else {
        "the frame does not wait for the thread that receives it".to_owned()
    };
    let (verb, made, note, help) = match handed.kind {
        Kind::Shared => (
            "read",
            "shared until this frame ends",
            "once the frame has ended `read` returns `None`, so what the thread does depends on how fast it is",
            "use `alloc.share_for(value, frames)` to keep it for further frames, or \
             `alloc.frame_box_for_transfer(value)` to give the value itself to the thread",
        ),
        Kind::Address => (
            "use",
            "the address of frame memory",
            "the compiler does not see where an address leads; once the frame has ended its memory is used again",
            "give the value itself to the thread with `alloc.frame_box_for_transfer(value)`, or lend references to it in \
             `std::thread::scope`",
        ),
    };
    let sure = handed.kind == Kind::Shared && end.is_some() && handed.to_thread;
    let finding = Finding::new(
        &LINT,
        handed.call,
        format!("another thread may {verb} {what} after its frame has ended"),
    )
    .label(label)
    .also(handed.made, made)
    .note(note)
    .help(help)
    .confidence(if sure { Confidence::High } else { Confidence::Medium });
    match end {
        Some(end) => finding.also(end, "the frame ends here"),
        None => finding,
    }
}
