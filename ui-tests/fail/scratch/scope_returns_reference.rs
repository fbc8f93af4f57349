//! What a scope lends does not leave it as its result.

use framealloc::SmartAlloc;

fn main() {
    let alloc = SmartAlloc::with_defaults();
    let mut scratch = alloc.create_scratch_allocator(4096).unwrap();
    let cost = scratch.with_scope(|s| s.alloc::<u32>().write(1));
    println!("{cost}");
}
