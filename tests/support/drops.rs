//! Values that count how often they are dropped.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Counts the values it made, and those that were dropped.
#[derive(Clone, Debug, Default)]
pub struct DropCounter(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    made: AtomicU64,
    dropped: AtomicU64,
    /// Every `n`th destructor panics; 0 for none.
    panic_every: AtomicU64,
}

impl DropCounter {
    /// A counted value.
    pub fn make(&self, payload: u64) -> Counted {
        self.0.made.fetch_add(1, Ordering::SeqCst);
        Counted { payload, check: !payload, counter: self.clone() }
    }

    /// One value that is alive was leaked on purpose: it does not count any more.
    pub fn forget_one(&self) {
        self.0.dropped.fetch_add(1, Ordering::SeqCst);
    }

    /// Makes every `n`th destructor from now on panic, after it counted.
    pub fn panic_every(&self, n: u64) {
        self.0.panic_every.store(n, Ordering::SeqCst);
    }

    pub fn made(&self) -> u64 {
        self.0.made.load(Ordering::SeqCst)
    }

    pub fn dropped(&self) -> u64 {
        self.0.dropped.load(Ordering::SeqCst)
    }

    /// Values that were made and not dropped.
    pub fn alive(&self) -> u64 {
        self.made() - self.dropped()
    }
}

/// A value that knows whether it was overwritten or dropped twice.
#[derive(Debug)]
pub struct Counted {
    pub payload: u64,
    check: u64,
    counter: DropCounter,
}

impl Counted {
    /// Panics when the value is not as it was made.
    #[track_caller]
    pub fn verify(&self) {
        assert_eq!(self.payload, !self.check, "a value was overwritten");
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.verify();
        // A second drop of the same bytes fails in `verify`.
        self.check = self.payload;
        let counts = &self.counter.0;
        let number = counts.dropped.fetch_add(1, Ordering::SeqCst) + 1;
        let every = counts.panic_every.load(Ordering::SeqCst);
        if every > 0 && number.is_multiple_of(every) && !std::thread::panicking() {
            panic!("destructor {number} panics");
        }
    }
}
