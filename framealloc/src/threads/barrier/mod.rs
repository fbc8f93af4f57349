//! The end of a frame that several threads work on.

#![forbid(unsafe_code)]

mod participant;
mod state;
mod stats;

use core::fmt;
use core::time::Duration;
use std::sync::{Arc, PoisonError};
use std::time::Instant;

use crate::sys::sync::{Condvar, Mutex, MutexGuard, lock};
pub use participant::Participant;
use state::State;
pub use stats::{BarrierStats, FrameWait};

/// Tells when all threads that work on a frame are done with it.
///
/// The frame is complete when as many have signalled as the barrier expects. It stays complete until [`reset`] begins the
/// next one, or until everybody who is expected has signalled for the next one too. A signal that comes while a complete
/// frame was not reset yet counts for the next, so that nobody has to wait for the reset.
///
/// Threads that may panic or leave take part through a [`Participant`], which is not expected any more when it is
/// dropped. A bare [`signal_frame_complete`] cannot be missed that way: a thread that dies before it keeps the others
/// waiting, up to the barrier's time limit.
///
/// Clones are the same barrier. Every operation takes a lock for a few instructions.
///
/// ```
/// use framealloc::FrameBarrier;
///
/// let barrier = FrameBarrier::new(3);
/// std::thread::scope(|scope| {
///     for worker in 0..3 {
///         let mut part = barrier.participant();
///         scope.spawn(move || {
///             // ... this worker's share of the frame; worker 2 leaves early ...
///             if worker != 2 {
///                 part.signal_frame_complete();
///             }
///         });
///     }
///     barrier.wait_all();
/// });
/// assert_eq!((barrier.stats().frames, barrier.stats().departures), (1, 3));
/// ```
///
/// [`reset`]: Self::reset
/// [`signal_frame_complete`]: Self::signal_frame_complete
#[derive(Clone)]
pub struct FrameBarrier {
    inner: Arc<Inner>,
}

struct Inner {
    state: Mutex<State>,
    changed: Condvar,
    time_limit: Option<Duration>,
}

/// Settings of a [`FrameBarrier`].
///
/// ```
/// use framealloc::{FrameBarrier, FrameWait};
/// use std::time::Duration;
///
/// let barrier =
///     FrameBarrier::builder().with_participants(2).with_time_limit(Duration::from_millis(1)).build();
/// barrier.signal_frame_complete();
/// assert_eq!(barrier.wait_all(), FrameWait::TimedOut);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[must_use = "`build` makes the barrier"]
pub struct BarrierBuilder {
    participants: u32,
    time_limit: Option<Duration>,
}

impl BarrierBuilder {
    /// How many signals complete a frame. 0 unless set: participants that join are expected besides.
    pub fn with_participants(mut self, participants: u32) -> Self {
        self.participants = participants;
        self
    }

    /// The longest that `wait_all` waits; for ever unless set.
    pub fn with_time_limit(mut self, limit: Duration) -> Self {
        self.time_limit = Some(limit);
        self
    }

    /// Makes the barrier.
    #[must_use]
    pub fn build(self) -> FrameBarrier {
        let inner = Inner {
            state: Mutex::new(State::new(self.participants)),
            changed: Condvar::new(),
            time_limit: self.time_limit,
        };
        FrameBarrier { inner: Arc::new(inner) }
    }
}

impl FrameBarrier {
    /// A barrier whose frames are complete after `participants` signals. With 0, and while nobody takes part, every frame
    /// is complete.
    #[must_use]
    pub fn new(participants: u32) -> Self {
        Self::builder().with_participants(participants).build()
    }

    /// A barrier with settings.
    pub fn builder() -> BarrierBuilder {
        BarrierBuilder::default()
    }

    /// Takes part: one of the signals that the barrier expects is this participant's from now on. When all of them are
    /// taken already, the barrier expects one more.
    ///
    /// # Panics
    ///
    /// When 2^32 - 1 take part already.
    #[must_use = "a participant that is dropped has left"]
    pub fn participant(&self) -> Participant {
        self.inner.lock().join();
        Participant::new(self.clone())
    }

    /// Signals for one participant that is not represented by a [`Participant`]. Never waits.
    pub fn signal_frame_complete(&self) {
        self.inner.change(State::signal);
    }

    /// Waits until the current frame is complete; returns at once when it is. Do not call this for a thread whose own
    /// signal is missing: [`Participant::wait_all`] signals first.
    pub fn wait_all(&self) -> FrameWait {
        self.inner.wait(None, self.inner.time_limit)
    }

    /// [`wait_all`](Self::wait_all) for `limit` at most, whatever the barrier's own limit.
    pub fn wait_timeout(&self, limit: Duration) -> FrameWait {
        self.inner.wait(None, Some(limit))
    }

    /// Begins the next frame. Signals for the current frame are forgotten; if it is not complete, those who wait for it
    /// return [`FrameWait::Reset`]. Signals that came early, for the next frame, stay. Does nothing when nobody has
    /// signalled since the last reset.
    pub fn reset(&self) {
        self.inner.change(State::reset);
    }

    /// How many signals complete a frame now.
    #[must_use]
    pub fn participants(&self) -> u32 {
        self.inner.lock().expected()
    }

    /// Whether the current frame is complete.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.inner.lock().is_complete()
    }

    /// What the barrier has seen.
    #[must_use]
    pub fn stats(&self) -> BarrierStats {
        self.inner.lock().stats
    }
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// Changes the state, and wakes those who wait when a frame became complete or was left.
    fn change<R>(&self, work: impl FnOnce(&mut State) -> R) -> R {
        let mut state = self.lock();
        let before = state.position();
        let result = work(&mut state);
        if state.position() != before {
            self.changed.notify_all();
        }
        result
    }

    /// Waits for the frame `frame`, or for the one that is current now.
    fn wait(&self, frame: Option<u64>, limit: Option<Duration>) -> FrameWait {
        let start = Instant::now();
        let mut state = self.lock();
        let frame = frame.unwrap_or(state.frame());
        let outcome = loop {
            if let Some(outcome) = state.outcome(frame) {
                break outcome;
            }
            state = match limit {
                None => self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(limit) => {
                    let Some(left) = limit.checked_sub(start.elapsed()).filter(|left| !left.is_zero()) else {
                        break FrameWait::TimedOut;
                    };
                    self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0
                }
            };
        };
        state.stats.count_wait(outcome, start.elapsed());
        outcome
    }
}

impl fmt::Debug for FrameBarrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.inner.lock();
        f.debug_struct("FrameBarrier")
            .field("frame", &state.frame())
            .field("participants", &state.expected())
            .field("complete", &state.is_complete())
            .finish_non_exhaustive()
    }
}
