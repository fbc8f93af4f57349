//! How large the first chunk of a frame is.
//!
//! A frame that needed several chunks makes the next one of its kind start with a chunk that holds all of it, so a steady
//! loop never leaves the fast path. Once in `trim_after` frames the size falls to what the frames since the last time
//! needed, so one burst does not keep its memory.

#![forbid(unsafe_code)]

use core::cell::Cell;
use core::ptr;

use crate::raw::chunk::Chunk;
use crate::raw::core::Core;

/// The size class of the next first chunk of one kind of frame.
pub(crate) struct Sizing {
    /// Closed cores that kept a chunk, ready to be opened again; linked through `next`.
    pub(super) warm: Cell<*const Core>,
    class: Cell<usize>,
    floor: usize,
    /// Bytes of the largest frame since the last [`Sizing::fall`].
    most: Cell<u64>,
}

impl Sizing {
    pub(crate) const fn new(floor: usize) -> Self {
        Self { warm: Cell::new(ptr::null()), class: Cell::new(floor), floor, most: Cell::new(0) }
    }

    #[inline(always)]
    pub(crate) fn class(&self) -> usize {
        self.class.get()
    }

    /// A frame that used `bytes` has ended.
    #[inline(always)]
    pub(crate) fn note(&self, bytes: u64) {
        if bytes > self.most.get() {
            self.most.set(bytes);
        }
    }

    /// A frame of `bytes` needed several chunks; whether the next one starts with a larger chunk.
    #[cold]
    pub(crate) fn rise(&self, bytes: u64) -> bool {
        let rises = class_for(bytes).is_some_and(|needed| needed > self.class.get());
        if rises {
            self.class.set(class_for(bytes).unwrap_or(self.floor));
        }
        rises
    }

    /// Falls to what the frames since the last call needed.
    pub(crate) fn fall(&self) {
        let needed = class_for(self.most.take()).unwrap_or(self.floor).max(self.floor);
        self.class.set(self.class.get().min(needed));
    }
}

fn class_for(bytes: u64) -> Option<usize> {
    usize::try_from(bytes).ok().and_then(Chunk::class_for)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rises_at_once_and_falls_to_what_was_needed() {
        let sizing = Sizing::new(0);
        assert!(sizing.rise(100_000) && !sizing.rise(100_000));
        sizing.note(100_000);
        sizing.fall();
        assert_eq!(sizing.class(), class_for(100_000).unwrap(), "the burst itself is in the first window");
        sizing.note(20_000);
        sizing.note(10_000);
        sizing.fall();
        assert_eq!(sizing.class(), class_for(20_000).unwrap());
        sizing.fall();
        assert_eq!(sizing.class(), 0);
    }
}
