//! A scratch allocator is used by one thread at a time.

use framealloc::SmartAlloc;

fn main() {
    let alloc = SmartAlloc::with_defaults();
    let scratch = alloc.create_scratch_allocator(4096).unwrap();
    std::thread::scope(|threads| {
        threads.spawn(|| scratch.alloc::<u32>().write(1));
    });
}
