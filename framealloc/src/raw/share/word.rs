//! Generation, state and pins in one word.
//!
//! ```text
//!  63                         24 23            0
//!  ┌────────────────────────────┬───────────────┐
//!  │ generation; its two lowest │ pins          │
//!  │ bits are the state         │               │
//!  └────────────────────────────┴───────────────┘
//! ```

#![forbid(unsafe_code)]

use crate::sys::sync::{AtomicU64, Ordering};

const PIN_BITS: u32 = 24;
const PINS: u64 = (1 << PIN_BITS) - 1;
/// Pins that may hold at once. As many again may be on the way to find that theirs does not.
const MOST_PINS: u64 = 1 << (PIN_BITS - 1);
/// From one state to the next.
const STEP: u64 = 1 << PIN_BITS;

/// The state is the generation modulo 4.
const STATES: u64 = 3;
const OPEN: u64 = 1;
const CLOSED: u64 = 2;
/// Generation of a slot that was never opened. Only a slot that is worn has the generation 0.
const FIRST: u64 = STATES + 1;

/// The word of a slot: who may read, and who is reading.
pub(super) struct PinWord(AtomicU64);

impl PinWord {
    /// Vacant, and never used.
    pub(super) fn new() -> Self {
        Self::of_generation(FIRST)
    }

    fn of_generation(generation: u64) -> Self {
        Self(AtomicU64::new(generation << PIN_BITS))
    }

    /// Vacant, in the last generation that can be opened.
    #[cfg(all(test, not(framealloc_loom)))]
    pub(super) fn nearly_worn() -> Self {
        Self::of_generation((u64::MAX >> PIN_BITS) - STATES)
    }

    /// Makes the vacant slot readable; returns the generation that handles carry. What was written before is seen by
    /// those whose pin holds.
    pub(super) fn open(&self) -> u64 {
        (self.0.fetch_add(STEP, Ordering::Release) >> PIN_BITS) + 1
    }

    /// No pin holds from now on that does not hold already. Whether there is none and the slot is vacant: the caller's
    /// from here on.
    pub(super) fn close(&self) -> bool {
        let before = self.0.fetch_add(STEP, Ordering::AcqRel);
        before & PINS == 0 && self.vacate((before >> PIN_BITS) + 1)
    }

    /// Makes the slot vacant if it is in generation `closed` and nobody is on its word.
    fn vacate(&self, closed: u64) -> bool {
        let vacant = closed.wrapping_add(2) << PIN_BITS;
        self.0.compare_exchange(closed << PIN_BITS, vacant, Ordering::AcqRel, Ordering::Relaxed).is_ok()
    }

    /// One pin more; whether it holds. One that does not is taken away with [`PinWord::unpin`] like any other.
    #[inline(always)]
    pub(super) fn pin(&self, generation: u64) -> bool {
        let before = self.0.fetch_add(1, Ordering::Acquire);
        before >> PIN_BITS == generation && before & PINS < MOST_PINS
    }

    /// One pin less. Whether that made a closed slot vacant: the caller's from here on.
    #[inline(always)]
    pub(super) fn unpin(&self) -> bool {
        let before = self.0.fetch_sub(1, Ordering::Release);
        before & PINS == 1 && (before >> PIN_BITS) & STATES == CLOSED && self.vacate(before >> PIN_BITS)
    }

    /// Whether it is open; for the owner, who alone opens and closes.
    pub(super) fn is_open(&self) -> bool {
        (self.0.load(Ordering::Relaxed) >> PIN_BITS) & STATES == OPEN
    }

    /// Whether the vacant slot has used up its generations: it is not to be opened again, because handles of its first
    /// life would fit.
    pub(super) fn is_worn(&self) -> bool {
        self.0.load(Ordering::Relaxed) >> PIN_BITS == 0
    }

    /// Sets the number of pins, to try what is out of reach otherwise.
    #[cfg(all(test, not(framealloc_loom)))]
    pub(super) fn set_pins(&self, pins: u64) {
        let word = self.0.load(Ordering::Relaxed);
        self.0.store(word & !PINS | pins, Ordering::Relaxed);
    }

    /// Uses the generations up.
    #[cfg(all(test, not(framealloc_loom)))]
    pub(super) fn set_worn(&self) {
        self.0.store(0, Ordering::Relaxed);
    }

    #[cfg(all(test, not(framealloc_loom)))]
    pub(super) const MOST_PINS: u64 = MOST_PINS;
}
