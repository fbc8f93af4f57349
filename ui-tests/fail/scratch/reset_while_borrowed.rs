//! A reset while a reference is in use.

use framealloc::SmartAlloc;

fn main() {
    let alloc = SmartAlloc::with_defaults();
    let mut scratch = alloc.create_scratch_allocator(4096).unwrap();
    let header = scratch.alloc::<[u32; 4]>().write([0; 4]);
    scratch.reset();
    println!("{header:?}");
}
