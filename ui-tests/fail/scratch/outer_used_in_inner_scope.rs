//! While an inner scope is open, the outer one lends nothing new.

use framealloc::SmartAlloc;

fn main() {
    let alloc = SmartAlloc::with_defaults();
    let mut scratch = alloc.create_scratch_allocator(4096).unwrap();
    scratch.with_scope(|outer| {
        outer.with_scope(|_inner| {
            outer.alloc::<u32>().write(1);
        });
    });
}
