//! How many ambient frames are open, place by place.

use crate::api::Fact;
use crate::mir::{self, Analysis, Body, Call, Callee, Op};
use crate::model::Model;
use crate::source::Span;

use super::Summaries;

/// Frames that were begun since the start of the function, less those that were ended: the least and the most, over all
/// ways to the place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Depth {
    pub(crate) least: i32,
    pub(crate) most: i32,
    /// The call that began the innermost frame, on one of the ways.
    pub(crate) begun: Option<Span>,
}

/// The analysis.
pub(crate) struct FrameDepth<'a> {
    pub(crate) model: &'a Model<'a>,
    pub(crate) summaries: &'a Summaries,
}

/// Loops that begin and never end do not count for ever.
const LIMIT: i32 = 8;

impl FrameDepth<'_> {
    /// By how many frames a call changes the depth.
    pub(crate) fn delta(&self, call: &Call) -> i32 {
        let facts = self.model.facts(call);
        if facts.contains(&Fact::BeginsFrame) {
            return 1;
        }
        if facts.contains(&Fact::EndsFrame) {
            return -1;
        }
        match call.callee {
            Callee::Fn(id) => self.summaries.of(id).frames.unwrap_or(0),
            _ => 0,
        }
    }

    /// The first call that ends a frame which its body has not begun, on no way to it.
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
}

impl Analysis for FrameDepth<'_> {
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
