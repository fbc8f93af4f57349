//! A guard is used when its allocator is gone.

use framealloc::SmartAlloc;

fn main() {
    let guard = {
        let alloc = SmartAlloc::with_defaults();
        alloc.begin_frame();
        let handle = alloc.share(7_u32);
        handle.read(&alloc)
    };
    println!("{guard:?}");
}
