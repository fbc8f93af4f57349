//! A `move` closure takes a reference to the frame with it, not the frame.

use framealloc::{SmartAlloc, frame_system};

fn apply(run: impl FnOnce(u32) -> u32) -> u32 {
    run(1)
}

#[frame_system]
fn moved(alloc: &SmartAlloc, factor: u32) -> u32 {
    let first = move |n: u32| {
        #[frame_local]
        let product = n * factor;
        let inner = move |m: u32| {
            #[frame_local]
            let sum = m + *product;
            *sum
        };
        inner(1)
    };
    let second = apply(move |n| {
        #[frame_local]
        let product = n * factor;
        *product
    });
    #[frame_local]
    let last = first(2);
    *last + second
}

fn main() {
    assert_eq!(moved(&SmartAlloc::with_defaults(), 10), 31);
}
