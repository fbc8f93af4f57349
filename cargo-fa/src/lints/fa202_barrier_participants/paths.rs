//! How often a place is come by.

use crate::index::{BodyKey, FnId};
use crate::mir::{BlockId, Body, Bound, Callee, FnBody, LoopId, Op, Run};

/// Something between the place where a barrier is made and one where it is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Factor {
    /// A loop, with the number of its rounds where the source spells it out.
    Loop((FnId, BodyKey, LoopId), Option<u128>),
    /// A closure that runs for each of so many items.
    Times(u128),
    /// A thread of its own.
    Thread,
}

/// Where a value is made: the body, the block and the loops around.
pub(super) struct Root {
    pub(super) body: BodyKey,
    block: BlockId,
    loops: Vec<LoopId>,
}

impl Root {
    pub(super) fn new(function: &FnBody, body: BodyKey, block: BlockId) -> Self {
        Self { body, block, loops: function.body(body).loops_around(block).collect() }
    }
}

/// The way from `root` to a block, outermost first; `None` when a step of it may be left out or repeated otherwise. With
/// `surely`, every way through the bodies has to come by.
pub(super) fn path(
    function: &FnBody,
    root: &Root,
    at: BodyKey,
    block: BlockId,
    surely: bool,
) -> Option<Vec<Factor>> {
    let (mut at, mut block) = (at, block);
    let mut path = Vec::new();
    for _ in 0..16 {
        let body = function.body(at);
        let (start, outside): (_, &[LoopId]) =
            if at == root.body { (root.block, &root.loops) } else { (BlockId(0), &[]) };
        if surely && !always(body, start, block, outside) {
            return None;
        }
        for id in body.loops_around(block).filter(|id| !outside.contains(id)) {
            let rounds = match body.loop_(id).bound {
                Bound::Constant(rounds) => Some(rounds),
                _ => None,
            };
            path.push(Factor::Loop((function.function, at, id), rounds));
        }
        if at == root.body {
            path.reverse();
            return Some(path);
        }
        let [site] = &body.runs[..] else { return None };
        let (in_block, call) = function.body(site.at).calls().find(|(_, call)| call.span == site.span)?;
        match (site.run, &call.callee) {
            (Run::Once, Callee::Foreign(_) | Callee::Closure(_)) => {}
            (Run::PerItem, Callee::Foreign(_)) => {
                let source = site.source.as_ref()?.whole()?;
                path.push(Factor::Times(function.body(site.at).local(source).len?));
            }
            (Run::ScopedThread | Run::DetachedThread, Callee::Foreign(name)) if is_one(name) => {
                path.push(Factor::Thread);
            }
            _ => return None,
        }
        (at, block) = (site.at, in_block);
    }
    None
}

/// Whether a function starts one thread, or one job, for a closure.
fn is_one(name: &str) -> bool {
    let last = name.rsplit("::").next().unwrap_or(name);
    matches!(
        last,
        "spawn"
            | "spawn_scoped"
            | "spawn_fifo"
            | "spawn_blocking"
            | "join"
            | "scope"
            | "scope_fifo"
            | "install"
    )
}

/// Whether every way from `start` to the end of the body, or of the round of the loops around `start`, comes by a block,
/// and every round of the loops in between.
fn always(body: &Body, start: BlockId, block: BlockId, outside: &[LoopId]) -> bool {
    let mut block = block;
    let loops: Vec<LoopId> = body.loops_around(block).take_while(|id| !outside.contains(id)).collect();
    for id in loops {
        let Some(head) = head(body, id) else { return false };
        let inside = |at: BlockId| body.loops_around(at).any(|around| around == id);
        let first: Vec<BlockId> =
            body.block(head).next.iter().copied().filter(|next| inside(*next)).collect();
        let past = reach(body, &first, block);
        if block != head && past.iter().any(|at| *at == head || !inside(*at)) {
            return false;
        }
        block = head;
    }
    if block == start {
        return true;
    }
    let again = outside.first().and_then(|id| head(body, *id));
    let leaves = |at: &BlockId| body.block(*at).ops.iter().any(|op| matches!(op, Op::Exit { .. }));
    !reach(body, &[start], block).iter().any(|at| Some(*at) == again || leaves(at))
}

/// The block that every round of a loop begins with.
fn head(body: &Body, id: LoopId) -> Option<BlockId> {
    (0..body.blocks.len() as u32).map(BlockId).find(|at| body.block(*at).in_loop == Some(id))
}

/// The blocks that can be come to without coming by `avoided`.
fn reach(body: &Body, from: &[BlockId], avoided: BlockId) -> Vec<BlockId> {
    let mut seen: Vec<BlockId> = Vec::new();
    let mut work = from.to_vec();
    while let Some(at) = work.pop() {
        if at != avoided && !seen.contains(&at) {
            seen.push(at);
            work.extend(&body.block(at).next);
        }
    }
    seen
}
