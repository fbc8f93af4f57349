//! Whether the beginning and the end of a frame have more to do than usual.

use super::sync::{AtomicU32, Ordering};

/// The bits of [`Attention`] that say at which moment deferred work is due.
const DUE: u32 = 0b11;
/// What one watcher adds.
const WATCHER: u32 = DUE + 1;

/// Who wants to be heard at the boundaries of an allocator's frames: one word, so that a frame asks one question.
///
/// Accesses are relaxed: what another thread wants at this very moment may wait for the next frame.
#[derive(Debug)]
pub(crate) struct Attention(AtomicU32);

impl Attention {
    pub(crate) fn new() -> Self {
        Self(AtomicU32::new(0))
    }

    /// Nobody wants anything.
    #[inline(always)]
    pub(crate) fn is_idle(&self) -> bool {
        self.0.load(Ordering::Relaxed) == 0
    }

    /// The moment at which deferred work is due; 0 while there is none.
    #[inline(always)]
    pub(crate) fn due(&self) -> u32 {
        self.0.load(Ordering::Relaxed) & DUE
    }

    /// Sets the moment. Whoever calls this holds the lock of the work.
    pub(crate) fn set_due(&self, moment: u32) {
        debug_assert_eq!(moment & !DUE, 0);
        let change = self.due() ^ moment;
        if change != 0 {
            self.0.fetch_xor(change, Ordering::Relaxed);
        }
    }

    /// Whether somebody watches frames.
    #[inline(always)]
    pub(crate) fn is_watched(&self) -> bool {
        self.0.load(Ordering::Relaxed) >= WATCHER
    }

    /// One watcher more.
    pub(crate) fn watch(&self) {
        self.0.fetch_add(WATCHER, Ordering::Relaxed);
    }

    /// One watcher less.
    pub(crate) fn unwatch(&self) {
        self.0.fetch_sub(WATCHER, Ordering::Relaxed);
    }
}

#[cfg(all(test, not(framealloc_loom)))]
mod tests {
    use super::*;

    #[test]
    fn watchers_and_moments_do_not_disturb_each_other() {
        let attention = Attention::new();
        attention.watch();
        attention.set_due(2);
        attention.watch();
        attention.set_due(1);
        assert_eq!((attention.due(), attention.is_watched()), (1, true));
        attention.unwatch();
        attention.unwatch();
        assert_eq!((attention.due(), attention.is_watched(), attention.is_idle()), (1, false, false));
        attention.set_due(0);
        assert!(attention.is_idle());
    }
}
