//! The count of a barrier, without the waiting (W2).

#![forbid(unsafe_code)]

use super::stats::{BarrierStats, FrameWait};

/// Frames whose end is remembered for those who still wait for it.
const REMEMBERED: u64 = u64::BITS as u64;

#[derive(Debug, Default)]
pub(super) struct State {
    /// The number of the current frame.
    frame: u64,
    /// It is complete; signals from now on are for the next.
    complete: bool,
    /// Signals that complete a frame.
    expected: u32,
    /// How many of them belong to participants.
    claimed: u32,
    /// Signals for the current frame.
    arrived: u32,
    /// Signals for the next one.
    early: u32,
    /// Somebody signalled for the current frame, who may have left since.
    begun: bool,
    /// Which of the last frames were reset before they were complete; the last one is bit 0.
    abandoned: u64,
    pub(super) stats: BarrierStats,
}

impl State {
    pub(super) fn new(expected: u32) -> Self {
        let mut state = Self { expected, ..Self::default() };
        state.settle();
        state
    }

    pub(super) fn frame(&self) -> u64 {
        self.frame
    }

    pub(super) fn expected(&self) -> u32 {
        self.expected
    }

    pub(super) fn is_complete(&self) -> bool {
        self.complete
    }

    /// What those who wait look at.
    pub(super) fn position(&self) -> (u64, bool) {
        (self.frame, self.complete)
    }

    /// How a wait for `frame` ends; `None` while it goes on.
    pub(super) fn outcome(&self, frame: u64) -> Option<FrameWait> {
        let age = self.frame.checked_sub(frame)?;
        let reset = (1..=REMEMBERED).contains(&age) && self.abandoned >> (age - 1) & 1 == 1;
        match age {
            0 => self.complete.then_some(FrameWait::Complete),
            _ if reset => Some(FrameWait::Reset),
            _ => Some(FrameWait::Complete),
        }
    }

    /// One more takes part. In a frame that is complete it is expected from the next one on.
    pub(super) fn join(&mut self) {
        if self.claimed == self.expected {
            self.expected = self.expected.checked_add(1).expect("fewer than 2^32 take part");
        }
        self.claimed += 1;
    }

    /// A participant whose last signal was for the frame `signalled` is gone.
    pub(super) fn leave(&mut self, signalled: Option<u64>, panicking: bool) {
        self.claimed -= 1;
        self.expected -= 1;
        if signalled == Some(self.frame) && !self.complete {
            self.arrived -= 1;
        } else if signalled == Some(self.frame + 1) {
            self.early -= 1;
        }
        self.stats.departures += 1;
        self.stats.panics += u64::from(panicking);
        self.settle();
    }

    /// Counts a signal and returns the frame it was for.
    pub(super) fn signal(&mut self) -> u64 {
        self.stats.signals += 1;
        let frame = if self.complete {
            self.early += 1;
            self.frame + 1
        } else {
            self.arrived += 1;
            self.begun = true;
            self.frame
        };
        self.settle();
        frame
    }

    /// [`State::signal`] of a participant whose last signal was for the frame `signalled`; `None` when it counts already.
    pub(super) fn signal_once(&mut self, signalled: Option<u64>) -> Option<u64> {
        let next = if self.complete { self.frame + 1 } else { self.frame };
        (signalled < Some(next)).then(|| self.signal())
    }

    pub(super) fn reset(&mut self) {
        if !self.complete && self.arrived == 0 {
            return;
        }
        self.stats.resets += u64::from(!self.complete);
        self.advance();
        self.settle();
    }

    fn advance(&mut self) {
        self.abandoned = self.abandoned << 1 | u64::from(!self.complete);
        self.frame += 1;
        self.complete = false;
        self.begun = self.early > 0;
        self.arrived = core::mem::take(&mut self.early);
    }

    /// Completes the frame, and the next one too if everybody has signalled for that.
    fn settle(&mut self) {
        if self.complete && self.early > 0 && self.early >= self.expected {
            self.advance();
        }
        if !self.complete && self.arrived >= self.expected {
            self.complete = true;
            // A frame without anybody in it is nobody's.
            self.stats.frames += u64::from(self.expected > 0 || self.begun);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn early_signals_are_for_the_next_frame() {
        let mut state = State::new(2);
        assert_eq!((state.signal(), state.is_complete()), (0, false));
        assert_eq!((state.signal(), state.is_complete()), (0, true));
        assert_eq!((state.signal(), state.position()), (1, (0, true)));
        state.reset();
        assert_eq!((state.position(), state.outcome(0)), ((1, false), Some(FrameWait::Complete)));
        state.signal();
        assert_eq!((state.position(), state.stats.frames, state.stats.signals), ((1, true), 2, 4));
    }

    #[test]
    fn nobody_needs_a_reset() {
        let mut state = State::new(2);
        for frame in 0..100 {
            assert_eq!((state.signal(), state.signal()), (frame, frame));
            assert_eq!(state.position(), (frame, true));
        }
        assert_eq!(state.stats.frames, 100);
    }

    #[test]
    fn who_leaves_takes_its_signal_along() {
        let mut state = State::new(3);
        (0..3).for_each(|_| state.join());
        let first = state.signal_once(None);
        assert_eq!((first, state.signal_once(first)), (Some(0), None));
        state.leave(first, false);
        assert_eq!((state.is_complete(), state.expected()), (false, 2));
        let second = state.signal_once(None);
        state.leave(None, true);
        assert!(state.is_complete(), "the third was the only one missing");
        let second = state.signal_once(second);
        assert_eq!(
            (second, state.position()),
            (Some(1), (1, true)),
            "alone, it completes the next one at once"
        );
        state.leave(second, false);
        assert_eq!((state.expected(), state.stats.departures, state.stats.panics), (0, 3, 1));
    }

    #[test]
    fn a_frame_whose_workers_are_all_gone_was_one() {
        let mut state = State::new(2);
        (0..2).for_each(|_| state.join());
        let one = state.signal_once(None);
        state.leave(one, false);
        state.leave(None, false);
        assert_eq!((state.position(), state.expected(), state.stats.frames), ((0, true), 0, 1));
    }

    #[test]
    fn who_leaves_early_takes_the_early_signal_along() {
        let mut state = State::new(2);
        (0..2).for_each(|_| state.join());
        let (one, _) = (state.signal_once(None), state.signal_once(None));
        let early = state.signal_once(one);
        assert_eq!(early, Some(1));
        state.leave(early, false);
        state.reset();
        assert_eq!(state.position(), (1, false), "the other's signal is missing");
        state.signal_once(Some(0));
        assert_eq!(state.position(), (1, true));
    }

    #[test]
    fn who_joins_late_is_expected_from_the_next_frame_on() {
        let mut state = State::new(1);
        state.join();
        state.signal_once(None);
        state.join();
        assert_eq!((state.position(), state.expected()), ((0, true), 2));
        assert_eq!(state.signal_once(None), Some(1));
        assert_eq!(state.position(), (0, true));
        assert_eq!(state.signal_once(Some(0)), Some(1));
        assert_eq!(state.position(), (1, true));
    }

    #[test]
    fn a_reset_of_an_incomplete_frame_is_told_to_who_waits() {
        let mut state = State::new(2);
        state.reset();
        assert_eq!(state.position(), (0, false), "nothing to forget");
        state.signal();
        state.reset();
        (0..2).for_each(|_| _ = state.signal());
        state.reset();
        assert_eq!((state.outcome(0), state.outcome(1)), (Some(FrameWait::Reset), Some(FrameWait::Complete)));
        assert_eq!((state.outcome(2), state.outcome(3)), (None, None));
        assert_eq!((state.stats.frames, state.stats.resets), (1, 1));
        for _ in 0..100 {
            state.signal();
            state.reset();
        }
        assert_eq!(state.outcome(40), Some(FrameWait::Reset));
    }

    #[test]
    fn frames_of_nobody_are_complete() {
        let mut state = State::new(0);
        assert_eq!((state.position(), state.stats.frames), ((0, true), 0));
        state.join();
        assert_eq!(state.signal_once(None), Some(1));
        assert_eq!((state.position(), state.stats.frames), ((1, true), 1));
        state.leave(Some(1), false);
        state.reset();
        assert_eq!((state.position(), state.stats.frames), ((2, true), 1));
    }
}
