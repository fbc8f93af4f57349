//! A frame moves to another thread.

use framealloc::SmartAlloc;

fn main() {
    let alloc = SmartAlloc::with_defaults();
    let frame = alloc.frame();
    std::thread::spawn(move || frame.alloc(5));
}
