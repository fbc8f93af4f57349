//! Values that notice what is done to them.

use super::here::{self, Caller};
use crate::{Counted, DropCounter};

/// `N` bytes of one kind. Its destructor lets the program go on.
pub(super) struct Value<const N: usize> {
    counted: Counted,
    bytes: [u8; N],
}

impl<const N: usize> Value<N> {
    pub(super) fn new(counter: &DropCounter) -> Self {
        let number = counter.made();
        Self { counted: counter.make(number), bytes: [number as u8; N] }
    }

    /// Writes what is there again, which only its owner may do.
    pub(super) fn refresh(&mut self) {
        self.bytes.fill(self.counted.payload as u8);
    }
}

impl<const N: usize> Drop for Value<N> {
    fn drop(&mut self) {
        self.verify();
        here::interrupt(Caller::Destructor);
    }
}

/// Something whose contents are known.
pub(super) trait Verify {
    /// Blames the library when it is not as it was made.
    fn verify(&self);
}

impl<const N: usize> Verify for Value<N> {
    fn verify(&self) {
        if self.bytes.iter().any(|byte| *byte != self.counted.payload as u8) {
            here::blame(format!("a value of {N} bytes was overwritten"));
        }
    }
}

/// What streams and blocks are filled with.
pub(super) const FILL: u8 = 0x5a;

impl Verify for [u8] {
    fn verify(&self) {
        if self.iter().any(|byte| *byte != FILL) {
            here::blame(format!("a block of {} bytes was overwritten", self.len()));
        }
    }
}

impl<T: Verify> Verify for [T] {
    fn verify(&self) {
        self.iter().for_each(Verify::verify);
    }
}
