//! How many ambient frames or phases are open, place by place.

use crate::api::Fact;
use crate::index::Ty;
use crate::mir::{self, Analysis, BlockId, Body, Call, Callee, Op, Results};
use crate::model::Model;
use crate::source::Span;

use super::Summaries;

/// What one call begins and another ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pair {
    /// `begin_frame` and `end_frame`.
    Frame,
    /// `begin_phase` and `end_phase`.
    Phase,
}

impl Pair {
    /// By how many a method of framealloc changes the depth.
    fn delta_of(self, facts: &[Fact]) -> i32 {
        let (begins, ends) = match self {
            Self::Frame => (Fact::BeginsFrame, Fact::EndsFrame),
            Self::Phase => (Fact::BeginsPhase, Fact::EndsPhase),
        };
        i32::from(facts.contains(&begins)) - i32::from(facts.contains(&ends))
    }
}

/// What was begun since the start of the function, less what was ended: the least and the most, over all ways to the
/// place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Depth {
    pub(crate) least: i32,
    pub(crate) most: i32,
    /// The call that began the innermost one, on one of the ways.
    pub(crate) begun: Option<Span>,
}

/// The analysis.
pub(crate) struct PairDepth<'a> {
    pub(crate) pair: Pair,
    pub(crate) model: &'a Model<'a>,
    pub(crate) summaries: &'a Summaries,
}

/// Loops that begin and never end do not count for ever.
const LIMIT: i32 = 8;

impl PairDepth<'_> {
    /// Whether the depth may change with a call.
    pub(super) fn touches(&self, call: &Call) -> bool {
        let known = match call.callee {
            Callee::Fn(id) => self.summaries.of(id).net(self.pair),
            _ => Some(0),
        };
        known != Some(0) || self.delta(call) != 0
    }

    /// By how many a call changes the depth. What returns a value with a destructor is a guard, which ends what it began.
    pub(crate) fn delta(&self, call: &Call) -> i32 {
        let direct = self.pair.delta_of(self.model.facts(call));
        match call.callee {
            Callee::Fn(id) if direct == 0 && !self.drops(&self.model.index.function(id).ret) => {
                self.summaries.of(id).net(self.pair).unwrap_or(0)
            }
            _ => direct,
        }
    }

    fn drops(&self, ty: &Ty) -> bool {
        match ty {
            Ty::Adt(id, args) => self.model.index.adt(*id).drops || args.iter().any(|arg| self.drops(arg)),
            Ty::Foreign(_, args) | Ty::Tuple(args) => args.iter().any(|arg| self.drops(arg)),
            _ => false,
        }
    }

    /// The first call that ends what its body has not begun, on no way to it.
    pub(crate) fn unmatched_end<'b>(&self, body: &'b Body) -> Option<&'b Call> {
        let open = |call: &Call| matches!(call.callee, Callee::Fn(id) if self.summaries.of(id).may_begin());
        if !body.calls().any(|(_, call)| self.delta(call) < 0) || body.calls().any(|(_, call)| open(call)) {
            return None;
        }
        let mut found = None;
        mir::solve(self, body).visit(self, body, |state, _, op| {
            if let Op::Call(call) = op
                && self.delta(call) < 0
                && state.most + self.delta(call) < 0
            {
                found = found.or(Some(call.span));
            }
        });
        body.calls().map(|(_, call)| call).find(|call| Some(call.span) == found)
    }

    /// The state where a loop is entered, when the way from the end of `from` back to its head `head` brings more open
    /// than that.
    pub(crate) fn grown(
        &self,
        body: &Body,
        results: &Results<Depth>,
        from: BlockId,
        head: BlockId,
        state: &Depth,
    ) -> Option<Depth> {
        // Blocks are made in the order of the source: a way back leads to a lower number, in the same loop.
        let in_loop = body.block(head).in_loop?;
        if head.0 > from.0 || !body.loops_around(from).any(|around| around == in_loop) {
            return None;
        }
        let outside = (0..head.0).map(BlockId).find(|block| {
            body.block(*block).next.contains(&head)
                && !body.loops_around(*block).any(|around| around == in_loop)
        })?;
        let before = results.at_end(self, body, outside)?;
        // The most grows with every turn of the analysis; the least of this way is what one round adds.
        (state.least > before.least).then_some(before)
    }
}

impl Analysis for PairDepth<'_> {
    type State = Depth;

    fn start(&self, _: &Body) -> Depth {
        Depth::default()
    }

    fn join(&self, into: &mut Depth, other: &Depth) {
        into.least = into.least.min(other.least);
        into.most = into.most.max(other.most);
        into.begun = into.begun.or(other.begun);
    }

    fn apply(&self, _: &Body, state: &mut Depth, op: &Op) {
        let Op::Call(call) = op else { return };
        let delta = self.delta(call);
        state.least = (state.least + delta).clamp(-LIMIT, LIMIT);
        state.most = (state.most + delta).clamp(-LIMIT, LIMIT);
        if delta > 0 {
            state.begun = Some(call.span);
        }
    }
}
