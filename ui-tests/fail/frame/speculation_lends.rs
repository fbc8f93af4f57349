//! Speculation ends the child frame, so its result cannot point into it.

use framealloc::SmartAlloc;

fn main() {
    let alloc = SmartAlloc::with_defaults();
    let frame = alloc.frame();
    let guess = frame.speculate(|child| Ok::<_, ()>(child.alloc(5)));
    drop(guess);
}
