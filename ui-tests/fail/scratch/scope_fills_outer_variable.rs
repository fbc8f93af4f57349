//! What a scope lends is not put into a variable outside.

use framealloc::SmartAlloc;

fn main() {
    let alloc = SmartAlloc::with_defaults();
    let paths = alloc.scratch_pool("paths");
    let mut best: &mut [usize] = &mut [];
    paths.with_scope(|s| best = s.slice_from_fn(10, |i| i));
    println!("{best:?}");
}
