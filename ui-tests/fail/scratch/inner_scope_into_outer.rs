//! What an inner scope lends does not go to the outer one.

use framealloc::SmartAlloc;

fn main() {
    let alloc = SmartAlloc::with_defaults();
    let mut scratch = alloc.create_scratch_allocator(4096).unwrap();
    scratch.with_scope(|outer| {
        let kept = outer.alloc::<&u32>();
        outer.with_scope(|inner| {
            kept.write(inner.alloc::<u32>().write(1));
        });
    });
}
