//! A scope runs no destructors.

use framealloc::SmartAlloc;

fn main() {
    let alloc = SmartAlloc::with_defaults();
    alloc.scratch_pool("names").with_scope(|s| {
        s.slice_from_fn(3, |i| i.to_string());
    });
}
