//! Values move into the frame, coerced to the type that is written, and drop at its end.

use std::cell::Cell;
use std::fmt::Display;

use framealloc::{SmartAlloc, frame_system};

struct Noisy<'a>(&'a Cell<u32>);

impl Drop for Noisy<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get() + 1);
    }
}

#[frame_system]
fn values(alloc: &SmartAlloc, drops: &Cell<u32>) -> String {
    #[frame_local]
    let number = 5;
    #[frame_local]
    let shown: &dyn Display = &*number;
    #[frame_local]
    let list: [u32; 2] = [1, 2];
    #[frame_local]
    let mut text: (String, u32) = (String::from("a"), 1);
    text.0.push('b');
    #[frame_local]
    let function: fn(u32) -> u32 = |n| n + 1;
    #[frame_local]
    let noisy = Noisy(drops);
    assert_eq!(noisy.0.get(), 0);
    format!("{} {} {} {}", *shown, list.len(), text.0, function(1))
}

fn main() {
    let drops = Cell::new(0);
    assert_eq!(values(&SmartAlloc::with_defaults(), &drops), "5 2 ab 2");
    assert_eq!(drops.get(), 1);
}
