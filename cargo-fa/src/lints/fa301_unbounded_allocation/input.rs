//! Who decides how many rounds a loop has.

use super::limits::made_by_call;
use crate::flow::source_of;
use crate::index::{FnId, Owner, Ty};
use crate::lints::LintCx;
use crate::mir::{BlockId, Body, Bound, Call, Callee, LoopId, Op, Place};
use crate::source::Span;

/// What a loop waits for.
#[derive(Clone, Debug)]
pub(super) struct Input {
    /// As a message names it.
    pub(super) who: String,
    pub(super) span: Option<Span>,
    /// It is there already, in this process: a channel.
    pub(super) local: bool,
}

/// Types that read from outside of the process, or from other threads.
const READERS: [&str; 16] = [
    "BufReader",
    "ChildStdout",
    "File",
    "Incoming",
    "Lines",
    "ReadDir",
    "Receiver",
    "Stdin",
    "StdinLock",
    "TcpListener",
    "TcpStream",
    "UdpSocket",
    "UnixDatagram",
    "UnixListener",
    "UnixStream",
    "WebSocket",
];
/// Methods of them, and of `Read` and `BufRead`, that bring something.
const READS: [&str; 16] = [
    "accept",
    "incoming",
    "lines",
    "next",
    "read",
    "read_exact",
    "read_line",
    "read_message",
    "read_until",
    "recv",
    "recv_deadline",
    "recv_from",
    "recv_timeout",
    "try_iter",
    "try_recv",
    "iter",
];
/// How deep a wrapper may lie.
const DEPTH: usize = 3;

/// The input that decides how often the loop runs; none when it is bounded, or when that is not known.
pub(super) fn input_of(cx: &LintCx<'_>, body: &Body, id: LoopId) -> Option<Input> {
    match &body.loop_(id).bound {
        Bound::Open => {}
        Bound::Iterator(_) => return chain(cx, body, body.loop_(id).source.as_ref()?),
        Bound::Compared => return compared(cx, body, id),
        Bound::Constant(_) => return None,
    }
    if let Some(source) = &body.loop_(id).source {
        return chain(cx, body, source);
    }
    let within = |block: BlockId| body.loops_around(block).any(|around| around == id);
    let calls = body.calls().filter(|(block, _)| within(*block));
    // The condition comes before the first branch.
    let head = (0..body.blocks.len() as u32).map(BlockId).find(|block| within(*block))?;
    let is_while = body.block(head).next.iter().any(|next| !within(*next));
    let deciding: Vec<&Call> =
        calls.filter(|(block, _)| !is_while || *block == head).map(|(_, call)| call).collect();
    // A work list ends by itself.
    if deciding.iter().any(|call| takes_from_list(call)) {
        return None;
    }
    deciding.into_iter().find_map(|call| {
        let decides = is_while || has_an_end(&body.local(call.dest).ty);
        let (who, local) = brings(cx, call, DEPTH)?;
        decides.then_some(Input { who, span: Some(call.span), local })
    })
}

/// `while input.read_line(&mut line)? > 0`: what is compared comes from outside.
fn compared(cx: &LintCx<'_>, body: &Body, id: LoopId) -> Option<Input> {
    let blocks = (0..body.blocks.len() as u32).map(BlockId);
    let mut within = blocks.filter(|block| body.loops_around(*block).any(|around| around == id));
    // The first comparison is that of the condition.
    let compared = within.find_map(|block| {
        let compared = &body.block(block).compared;
        (!compared.is_empty()).then_some(compared)
    })?;
    compared.iter().find_map(|place| {
        let call = made_by_call(body, place)?;
        let (who, local) = brings(cx, call, DEPTH)?;
        Some(Input { who, span: Some(call.span), local })
    })
}

/// `while let Some(x) = stack.pop()`, `iter.next()`.
fn takes_from_list(call: &Call) -> bool {
    let Callee::Foreign(name) = &call.callee else { return false };
    let Some((ty, method)) = name.split_once("::") else { return false };
    let takes =
        ["next", "pop", "pop_back", "pop_first", "pop_front", "pop_last", "next_back"].contains(&method);
    takes && !READERS.contains(&ty) && ty != "_"
}

/// Whether a value can say that there is no more.
fn has_an_end(ty: &Ty) -> bool {
    matches!(ty, Ty::Foreign(name, _) if matches!(name.as_str(), "Option" | "Result" | "Poll" | "ControlFlow"))
        || *ty == Ty::Unknown
}

/// Who brings something with a call, and whether it waits in this process.
fn brings(cx: &LintCx<'_>, call: &Call, depth: usize) -> Option<(String, bool)> {
    match &call.callee {
        Callee::Foreign(name) => {
            let (ty, method) = name.split_once("::")?;
            let own = match call.args.first()?.ty.peeled() {
                Ty::Param(..) => ty == "_",
                Ty::Adt(id, _) => cx.model.index.adt(*id).reads,
                _ => false,
            };
            let reads = READS.contains(&method)
                && (READERS.contains(&ty) || own && !["next", "iter"].contains(&method));
            reads.then(|| (quoted(cx, call), ty == "Receiver"))
        }
        Callee::Value(_) => Some((quoted(cx, call), false)),
        Callee::Fn(id) => of_function(cx, *id, depth).map(|local| (quoted(cx, call), local)),
        _ => None,
    }
}

/// Whether a function brings something from outside: `Some(true)` when that waits in this process.
fn of_function(cx: &LintCx<'_>, id: FnId, depth: usize) -> Option<bool> {
    let data = cx.model.index.function(id);
    if cx.model.index.api(id).is_some() {
        return None;
    }
    match cx.model.body(id) {
        // Whoever implements the trait.
        None => (matches!(data.owner, Some(Owner::Trait(_))) && has_an_end(&data.ret)).then_some(false),
        Some(_) if depth == 0 => None,
        Some(function) => function
            .bodies
            .iter()
            .flat_map(Body::calls)
            .find_map(|(_, call)| brings(cx, call, depth - 1).map(|(_, local)| local)),
    }
}

/// The text of a call without its arguments' lines.
fn quoted(cx: &LintCx<'_>, call: &Call) -> String {
    let text = cx.model.text(call.span);
    if text.contains('\n') || text.len() > 60 {
        return format!("`{}`", cx.model.text(call.name_span));
    }
    format!("`{text}`")
}

/// An iterator that ends when somebody else ends it: `receiver.iter()`, `iter::from_fn(..)`.
fn chain(cx: &LintCx<'_>, body: &Body, source: &Place) -> Option<Input> {
    let local = source.whole()?;
    if matches!(body.local(local).ty.peeled(), Ty::Foreign(name, _) if name == "Receiver") {
        let who = format!("`{}`", cx.model.text(body.local(local).span));
        return Some(Input { who, span: None, local: true });
    }
    let made = source_of(body, local)?;
    let call = body.ops().find_map(|(_, op)| match op {
        Op::Call(call) if call.dest == made => Some(call),
        _ => None,
    })?;
    let Callee::Foreign(name) = &call.callee else { return None };
    let (ty, method) = name.rsplit_once("::")?;
    if ty.ends_with("iter") && matches!(method, "from_fn" | "repeat_with" | "successors" | "repeat") {
        return Some(Input { who: quoted(cx, call), span: Some(call.span), local: false });
    }
    if let Some((who, local)) = brings(cx, call, 0) {
        return Some(Input { who, span: Some(call.span), local });
    }
    let passes_on =
        ["map", "filter", "filter_map", "enumerate", "inspect", "flatten", "map_while", "peekable", "fuse"];
    if passes_on.contains(&method) { chain(cx, body, &call.args.first()?.place) } else { None }
}
