//! Each kind of memory, used in full by a small program: for Miri, which checks by the rules of aliasing what other tools
//! see as bytes, and needs minutes for what takes a processor milliseconds.

mod frames;
mod objects;
mod regions;
mod threads;

use std::sync::Arc;

/// A value with memory of its own, which counts the values of its kind.
struct Owned(Arc<()>, Vec<u8>);

/// Counts the values that `make` made.
#[derive(Default)]
struct Count(Arc<()>);

impl Count {
    fn make(&self, mark: u8) -> Owned {
        Owned(self.0.clone(), vec![mark])
    }

    fn alive(&self) -> usize {
        Arc::strong_count(&self.0) - 1
    }
}

impl Owned {
    fn mark(&self) -> u8 {
        debug_assert!(Arc::strong_count(&self.0) > 1);
        self.1[0]
    }
}
