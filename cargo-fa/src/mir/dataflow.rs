//! Forward analyses: a state per block, joined where ways meet, until nothing changes.

use super::{BlockId, Body, Op};

/// What an analysis knows at a place, and how operations change it.
pub(crate) trait Analysis {
    type State: Clone + PartialEq;

    /// The state at the start of the body.
    fn start(&self, body: &Body) -> Self::State;

    /// Adds what is known on another way to the same place.
    fn join(&self, into: &mut Self::State, other: &Self::State);

    fn apply(&self, body: &Body, state: &mut Self::State, op: &Op);
}

/// The states at the starts of the blocks that can be reached.
#[derive(Debug)]
pub(crate) struct Results<S> {
    entries: Vec<Option<S>>,
}

impl<S: Clone> Results<S> {
    /// Calls `visit` with each operation and the state before it, block by block.
    pub(crate) fn visit<A: Analysis<State = S>>(
        &self,
        analysis: &A,
        body: &Body,
        mut visit: impl FnMut(&S, BlockId, &Op),
    ) {
        for (at, block) in body.blocks.iter().enumerate() {
            let Some(mut state) = self.entries[at].clone() else { continue };
            for op in &block.ops {
                visit(&state, BlockId(at as u32), op);
                analysis.apply(body, &mut state, op);
            }
        }
    }

    /// The state at the start of a block, when any way leads to it.
    pub(crate) fn at_start(&self, block: BlockId) -> Option<&S> {
        self.entries[block.0 as usize].as_ref()
    }

    /// The state at the end of a block.
    pub(crate) fn at_end<A: Analysis<State = S>>(
        &self,
        analysis: &A,
        body: &Body,
        block: BlockId,
    ) -> Option<S> {
        let mut state = self.at_start(block)?.clone();
        for op in &body.block(block).ops {
            analysis.apply(body, &mut state, op);
        }
        Some(state)
    }
}

/// How often one block may be looked at again: joins that never settle end here.
const MAX_VISITS: usize = 64;

/// Runs the analysis to its fixed point.
pub(crate) fn solve<A: Analysis>(analysis: &A, body: &Body) -> Results<A::State> {
    let mut entries: Vec<Option<A::State>> = vec![None; body.blocks.len()];
    let mut visits = vec![0; body.blocks.len()];
    let mut work = vec![BlockId(0)];
    entries[0] = Some(analysis.start(body));
    while let Some(id) = work.pop() {
        let at = id.0 as usize;
        visits[at] += 1;
        if visits[at] > MAX_VISITS {
            continue;
        }
        let mut state = entries[at].clone().expect("only blocks with a state are worked on");
        for op in &body.blocks[at].ops {
            analysis.apply(body, &mut state, op);
        }
        for next in &body.blocks[at].next {
            let entry = &mut entries[next.0 as usize];
            let changed = match entry {
                None => {
                    *entry = Some(state.clone());
                    true
                }
                Some(known) => {
                    let before = known.clone();
                    analysis.join(known, &state);
                    *known != before
                }
            };
            if changed && !work.contains(next) {
                work.push(*next);
            }
        }
    }
    Results { entries }
}
