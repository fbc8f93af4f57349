//! What subscribers are to hear of, as one thread notices it.
//!
//! Slow paths count what happens while something is half done; it is told with the next delivery of events (F7). Nothing
//! is counted while nobody subscribes.

#![forbid(unsafe_code)]

use core::cell::Cell;

use super::ThreadHeap;
use crate::events::EventKind;
use crate::tracking;

/// In `begun`, beside the number of open `begin_frame`s: the beginning was noticed, so the end is too (E2). The quick
/// paths know numbers only, so such a frame takes the others.
pub(super) const NOTICED: u64 = 1 << 63;

/// Chunks that changed hands: their number and bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Chunks {
    count: u64,
    bytes: u64,
}

/// What waits to be told.
#[derive(Default)]
pub(super) struct News {
    joined: Cell<bool>,
    taken: Cell<Chunks>,
    returned: Cell<Chunks>,
    /// Frame bytes and allocations of the thread when its frame began.
    start: Cell<(u64, u64)>,
}

fn add(to: &Cell<Chunks>, count: u64, bytes: u64) {
    let before = to.get();
    to.set(Chunks { count: before.count + count, bytes: before.bytes + bytes });
}

impl ThreadHeap {
    /// The thread has a heap from now on.
    pub(super) fn note_joined(&self) {
        if self.shared.events.has_subscribers() {
            self.news.joined.set(true);
            self.announce();
        }
    }

    /// A chunk came from the backend.
    pub(super) fn note_taken(&self, bytes: u64) {
        if self.shared.events.has_subscribers() {
            add(&self.news.taken, 1, bytes);
            self.announce();
        }
    }

    /// Chunks went back to the backend.
    pub(super) fn note_returned(&self, (count, bytes): (u64, u64)) {
        if count != 0 && self.shared.events.has_subscribers() {
            add(&self.news.returned, count, bytes);
            self.announce();
        }
    }

    /// Tells what has happened since the last time. What is too deep inside a subscriber waits; what nobody hears is
    /// forgotten.
    pub(super) fn tell_news(&self) {
        let events = &self.shared.events;
        if !self.news.waits() {
            return;
        }
        if events.has_subscribers() && !events.is_heard() {
            return self.announce();
        }
        if self.news.joined.take() {
            self.tell_subscribers(|| EventKind::ThreadJoined { name: self.record.name.clone() });
        }
        let Chunks { count, bytes } = self.news.taken.take();
        if count != 0 {
            self.tell_subscribers(|| EventKind::ChunksTaken { count, bytes });
        }
        let Chunks { count, bytes } = self.news.returned.take();
        if count != 0 {
            self.tell_subscribers(|| EventKind::ChunksReturned { count, bytes });
        }
    }

    /// Tells one event of this thread. No state of the heap is half-changed when this is called.
    pub(super) fn tell_subscribers(&self, kind: impl FnOnce() -> EventKind) {
        tracking::exempt(|| self.shared.events.tell(self.frame_number(), self.record.thread, kind));
    }

    /// The thread exits, and everything is settled.
    pub(super) fn tell_left(&self) {
        self.tell_subscribers(|| EventKind::ThreadLeft { name: self.record.name.clone() });
    }

    /// Frame bytes and allocations of this thread so far, as of the last settling.
    fn frame_totals(&self) -> (u64, u64) {
        let cells = self.record.tags.iter();
        cells.fold((0, 0), |(bytes, allocations), cell| {
            (bytes + cell.frames.bytes.get(), allocations + cell.frames.allocations.get())
        })
    }

    /// A frame of this thread began.
    #[inline(always)]
    pub(super) fn notice_beginning(&self) {
        if self.shared.events.is_watched() {
            self.notice_watched_beginning();
        }
    }

    #[cold]
    #[inline(never)]
    fn notice_watched_beginning(&self) {
        if self.exited.get() {
            // Nobody can be sure to hear of its end.
            return;
        }
        self.begun.set(self.begun.get() | NOTICED);
        self.news.start.set(self.frame_totals());
        let driver = self.drives();
        self.tell_subscribers(|| EventKind::FrameBegun { driver });
    }

    /// A frame of this thread is over: it is retired, and its end counted. `begun` is what it was before.
    #[inline(always)]
    pub(super) fn notice_end(&self, begun: u64, alive_handles: u64) {
        if begun & NOTICED != 0 {
            self.notice_noticed_end(alive_handles);
        }
    }

    #[cold]
    #[inline(never)]
    fn notice_noticed_end(&self, alive_handles: u64) {
        // A subscriber may end frames of its own, and the panic of a destructor is this frame's.
        let mut panic = self.panic.take();
        let ((bytes, allocations), start) = (self.frame_totals(), self.news.start.get());
        let driver = self.drives();
        self.tell_subscribers(|| EventKind::FrameEnded {
            driver,
            bytes: bytes.wrapping_sub(start.0),
            allocations: allocations.wrapping_sub(start.1),
            alive_handles,
        });
        panic.add(self.panic.take());
        self.panic.set(panic);
    }
}

impl News {
    fn waits(&self) -> bool {
        let nothing = Chunks::default();
        self.joined.get() || self.taken.get() != nothing || self.returned.get() != nothing
    }
}
