//! Another thread allocates in a frame; the memory itself may be shared, the frame may not.

use framealloc::SmartAlloc;

fn main() {
    let alloc = SmartAlloc::with_defaults();
    let frame = alloc.frame();
    std::thread::scope(|scope| {
        scope.spawn(|| *frame.alloc(5));
    });
}
