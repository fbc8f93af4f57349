//! Operations on the ambient frame.

use framealloc::{AllocError, FrameVec};

use super::blocks::Pattern;
use super::handles::{Kind, Owner};
use super::ops::Op;
use super::scopes::layout;
use super::world::{RETAINED, World};

impl World {
    /// The segment that ambient allocations are in now.
    pub(super) fn segment(&mut self) -> u64 {
        if self.state().segments.is_empty() {
            let number = self.number();
            self.state().segments.push(number);
        }
        *self.state().segments.last().expect("there is one now")
    }

    pub(super) fn ambient(&mut self, op: Op) -> Result<(), AllocError> {
        let (alloc, seed) = (self.alloc(), self.number());
        let kind = match op {
            Op::AmbientBlock(size, power) => {
                let layout = layout(size, power);
                let mut block = alloc.try_frame_layout(layout)?;
                assert_eq!((block.len(), block.as_ptr().addr() % layout.align()), (layout.size(), 0));
                let pattern = Pattern::fill(block.as_mut_ptr().cast(), layout.size(), seed);
                Kind::Block(block, pattern)
            }
            Op::AmbientBoxed => Kind::Boxed(alloc.try_frame_box(self.counted())?),
            Op::AmbientVec => {
                let vec = FrameVec::try_with_capacity_in(seed as usize % 20, alloc.try_frame_ref()?)?;
                Kind::Vec(vec, Vec::new())
            }
            Op::AmbientRetain(policy) => {
                let value = self.counted();
                let retained = alloc.try_frame_retained_named(RETAINED, value, super::scopes::policy(policy));
                Kind::Retained(retained.map_err(|(_, error)| error)?)
            }
            Op::SpeculateAmbient(len, ok) => {
                self.segment();
                let done: Result<(), Option<AllocError>> = alloc.speculative(|| {
                    let mut vec = FrameVec::new_in(alloc.try_frame_ref()?);
                    vec.try_extend_from_slice(&vec![seed; len.into()])?;
                    assert!(vec.iter().all(|value| *value == seed));
                    if ok { Ok(()) } else { Err(None) }
                });
                return done.or_else(|error| error.map_or(Ok(()), Err));
            }
            other => unreachable!("{other:?} is not ambient"),
        };
        let owner = Owner::Ambient(self.segment());
        self.add(owner, kind);
        Ok(())
    }

    pub(super) fn frame_op(&mut self, op: Op) -> Result<(), AllocError> {
        let (alloc, number) = (self.alloc(), self.number());
        let shared = self.shared;
        match op {
            Op::Begin => {
                let outermost = self.state().begun == 0;
                alloc.begin_frame();
                let state = self.state();
                state.begun += 1;
                if outermost {
                    state.segments = vec![number];
                    state.base = alloc.stats().total.frame.allocated_bytes;
                    assert!(shared || alloc.is_frame_active());
                }
            }
            Op::End => {
                alloc.end_frame();
                let state = self.state();
                if state.begun <= 1 {
                    state.segments.clear();
                }
                state.begun = state.begun.saturating_sub(1);
                assert!(shared || alloc.is_frame_active() == (state.begun > 0));
            }
            Op::Checkpoint => {
                let checkpoint = alloc.try_frame_checkpoint()?;
                self.segment();
                let state = self.state();
                state.segments.push(number);
                state.checkpoints.push((number, checkpoint));
            }
            Op::Rollback(n) | Op::Commit(n) => {
                let state = self.state();
                if state.checkpoints.is_empty() {
                    return Ok(());
                }
                let index = usize::from(n) % state.checkpoints.len();
                let (segment, checkpoint) = state.checkpoints[index].clone();
                let at = state.segments.iter().position(|other| *other == segment);
                let result = match op {
                    Op::Rollback(_) => alloc.rollback_to(&checkpoint),
                    _ => alloc.commit(&checkpoint),
                };
                self.rolled_back(at, &result, matches!(op, Op::Rollback(_)));
                if self.shared {
                    self.state().checkpoints.swap_remove(index);
                }
            }
            other => unreachable!("{other:?} is not about the ambient frame"),
        }
        Ok(())
    }

    pub(super) fn rolled_back(&mut self, at: Option<usize>, result: &Result<(), AllocError>, rollback: bool) {
        let here = self.at;
        let Some(at) = at else {
            assert!(self.shared || *result == Err(AllocError::StaleCheckpoint), "{result:?}");
            return;
        };
        let gone = self.states[here].segments.split_off(at);
        let alive = self
            .handles_of(here)
            .filter_map(|handle| match handle.owner {
                Owner::Ambient(segment) => Some(segment),
                _ => None,
            })
            .chain(self.states[here].forgotten.iter().copied())
            .filter(|segment| gone.contains(segment))
            .count() as u64;
        if self.shared {
            return;
        }
        let expected = match alive {
            handles if rollback && handles > 0 => {
                Err(AllocError::HandlesAlive { operation: "rollback_to", handles })
            }
            _ => Ok(()),
        };
        assert_eq!(*result, expected);
        if !rollback {
            let below = self.states[here].segments[at - 1];
            for segment in &mut self.states[here].forgotten {
                if gone.contains(segment) {
                    *segment = below;
                }
            }
            for handle in self.handles.iter_mut().filter(|handle| handle.alloc == here) {
                if matches!(handle.owner, Owner::Ambient(segment) if gone.contains(&segment)) {
                    handle.owner = Owner::Ambient(below);
                }
            }
        }
    }
}
