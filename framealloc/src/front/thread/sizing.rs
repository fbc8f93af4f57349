//! How large the first chunk of a frame is.
//!
//! A frame that needed several chunks makes the next one of its kind start with a chunk that holds all of it, so a steady
//! loop never leaves the fast path. After [`Sizing::quiet_frames`] smaller frames the size falls to what they needed.

#![forbid(unsafe_code)]

use core::cell::Cell;
use core::ptr;

use crate::raw::chunk::Chunk;
use crate::raw::core::Core;

/// The size class of the next first chunk of one kind of frame.
pub(crate) struct Sizing {
    /// Closed cores that kept a chunk of this class, ready to be opened again; linked through `next`.
    pub(super) warm: Cell<*const Core>,
    class: Cell<usize>,
    floor: usize,
    quiet_frames: u32,
    quiet: Cell<u32>,
    most: Cell<u64>,
}

impl Sizing {
    pub(crate) const fn new(floor: usize, quiet_frames: u32) -> Self {
        Self {
            warm: Cell::new(ptr::null()),
            class: Cell::new(floor),
            floor,
            quiet_frames,
            quiet: Cell::new(0),
            most: Cell::new(0),
        }
    }

    #[inline(always)]
    pub(crate) fn class(&self) -> usize {
        self.class.get()
    }

    /// Whether [`Sizing::learn`] would do anything about a frame that stayed in its first chunk.
    #[inline(always)]
    pub(crate) fn is_raised(&self) -> bool {
        self.class.get() != self.floor
    }

    /// A frame that used `bytes` has ended.
    #[cold]
    pub(crate) fn learn(&self, bytes: u64) {
        let Some(needed) = usize::try_from(bytes).ok().and_then(Chunk::class_for) else { return };
        if needed > self.class.get() {
            self.class.set(needed);
            self.restart();
            return;
        }
        self.most.set(self.most.get().max(bytes));
        self.quiet.set(if needed < self.class.get() { self.quiet.get() + 1 } else { 0 });
        if self.quiet.get() >= self.quiet_frames {
            let most = usize::try_from(self.most.get()).ok().and_then(Chunk::class_for);
            self.class.set(most.unwrap_or(self.floor).max(self.floor));
            self.restart();
        } else if self.quiet.get() == 0 {
            self.most.set(0);
        }
    }

    fn restart(&self) {
        self.quiet.set(0);
        self.most.set(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rises_at_once_and_falls_after_quiet_frames() {
        let sizing = Sizing::new(0, 3);
        sizing.learn(100_000);
        assert_eq!(sizing.class(), Chunk::class_for(100_000).unwrap());
        sizing.learn(10_000);
        sizing.learn(100_000);
        for _ in 0..2 {
            sizing.learn(20_000);
            assert!(sizing.is_raised(), "the large frame restarted the count");
        }
        sizing.learn(10_000);
        assert_eq!(sizing.class(), Chunk::class_for(20_000).unwrap(), "as large as the quiet frames need");
        for _ in 0..3 {
            sizing.learn(10);
        }
        assert_eq!(sizing.class(), 0);
        assert!(!sizing.is_raised());
    }
}
