//! `alloc` gives a plain reference and never runs a destructor.

use framealloc::SmartAlloc;

fn main() {
    let alloc = SmartAlloc::with_defaults();
    let frame = alloc.frame();
    let names = frame.alloc(vec!["a", "b"]);
    names.push("c");
}
