//! Which bytes are alive, and what is in them.

use std::collections::BTreeMap;

/// Live blocks by address. Blocks never overlap.
#[derive(Default)]
pub(super) struct Blocks {
    live: BTreeMap<usize, usize>,
}

impl Blocks {
    /// Enters a block that was just handed out.
    #[track_caller]
    pub(super) fn enter(&mut self, start: *const u8, len: usize, align: usize) {
        let start = start.addr();
        assert!(start != 0 && start.is_multiple_of(align), "{start:#x} is not aligned to {align}");
        if len == 0 {
            return;
        }
        let end = start.checked_add(len).expect("a block ends in the address space");
        if let Some((&other, &other_len)) = self.live.range(..end).next_back() {
            assert!(other + other_len <= start, "{start:#x}+{len} overlaps {other:#x}+{other_len}");
        }
        self.live.insert(start, len);
    }

    /// Forgets a block.
    #[track_caller]
    pub(super) fn leave(&mut self, start: *const u8, len: usize) {
        if len > 0 {
            assert_eq!(self.live.remove(&start.addr()), Some(len), "a block that was not entered");
        }
    }
}

/// The byte at `index` of a block with this seed.
fn byte(seed: u64, index: usize) -> u8 {
    (seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as u8 ^ (index as u8).wrapping_mul(31)
}

/// Raw memory with a pattern in it.
pub(crate) struct Pattern {
    start: *mut u8,
    len: usize,
    seed: u64,
}

impl Pattern {
    /// Fills `len` bytes at `start`, which nobody else uses until the pattern is dropped.
    pub(crate) fn fill(start: *mut u8, len: usize, seed: u64) -> Self {
        for index in Self::offsets(len) {
            // SAFETY: inside the block, which is the caller's.
            unsafe { start.add(index).write(byte(seed, index)) };
        }
        Self { start, len, seed }
    }

    #[track_caller]
    pub(crate) fn verify(&self) {
        for index in Self::offsets(self.len) {
            // SAFETY: inside the block, which was filled.
            let found = unsafe { self.start.add(index).read() };
            assert_eq!(found, byte(self.seed, index), "byte {index} of {} at {:?}", self.len, self.start);
        }
    }

    pub(super) fn start(&self) -> *const u8 {
        self.start
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// All bytes of a small block; both ends, and one in a hundred, of a large one.
    fn offsets(len: usize) -> impl Iterator<Item = usize> {
        let edge = len.min(256);
        let (middle, tail) = (edge..len.saturating_sub(edge), len.saturating_sub(edge).max(edge)..len);
        (0..edge).chain(middle.step_by(101)).chain(tail)
    }
}
