//! One thread's part in a barrier.

#![forbid(unsafe_code)]

use core::time::Duration;

use super::{FrameBarrier, FrameWait};

/// One thread's part in a [`FrameBarrier`]. When it is dropped, be it by a panic, the others do not wait for it any more,
/// in the current frame included. One that is leaked with `mem::forget` is waited for.
///
/// Threads that only meet at the end of each frame need nothing but `wait_all`:
///
/// ```
/// use framealloc::FrameBarrier;
///
/// let barrier = FrameBarrier::new(2);
/// std::thread::scope(|scope| {
///     for _ in 0..2 {
///         let mut part = barrier.participant();
///         scope.spawn(move || (0..10).for_each(|_frame| _ = part.wait_all()));
///     }
/// });
/// assert_eq!(barrier.stats().frames, 10);
/// ```
#[derive(Debug)]
pub struct Participant {
    barrier: FrameBarrier,
    /// The frame that the last signal was for.
    signalled: Option<u64>,
    /// It was not waited for yet.
    waits: bool,
}

impl Participant {
    pub(super) fn new(barrier: FrameBarrier) -> Self {
        Self { barrier, signalled: None, waits: false }
    }

    /// Signals that this thread is done with the frame. Never waits. `false` when its signal for the frame counts already:
    /// a thread cannot be ahead of a frame that is not complete.
    pub fn signal_frame_complete(&mut self) -> bool {
        let signalled = self.signalled;
        let frame = self.barrier.inner.change(|state| state.signal_once(signalled));
        self.waits |= frame.is_some();
        self.signalled = frame.or(signalled);
        frame.is_some()
    }

    /// Waits until the frame that this thread signalled for is complete. Signals first if it has not since the last wait,
    /// so that it never waits for itself.
    pub fn wait_all(&mut self) -> FrameWait {
        self.wait(self.barrier.inner.time_limit)
    }

    /// [`wait_all`](Self::wait_all) for `limit` at most, whatever the barrier's own limit. After a time-out the next wait
    /// is for the same frame.
    pub fn wait_timeout(&mut self, limit: Duration) -> FrameWait {
        self.wait(Some(limit))
    }

    fn wait(&mut self, limit: Option<Duration>) -> FrameWait {
        if !self.waits {
            self.signal_frame_complete();
        }
        let outcome = self.barrier.inner.wait(self.signalled, limit);
        self.waits = outcome == FrameWait::TimedOut;
        outcome
    }

    /// The barrier.
    #[must_use]
    pub fn barrier(&self) -> &FrameBarrier {
        &self.barrier
    }
}

impl Drop for Participant {
    fn drop(&mut self) {
        let signalled = self.signalled;
        self.barrier.inner.change(|state| state.leave(signalled, std::thread::panicking()));
    }
}
