//! The guard of the current allocator belongs to the thread that entered it.

use framealloc::SmartAlloc;

fn main() {
    let alloc = SmartAlloc::with_defaults();
    let guard = alloc.enter();
    std::thread::spawn(move || drop(guard));
}
