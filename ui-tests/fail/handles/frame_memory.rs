//! Frame memory is put behind a handle.

use framealloc::SmartAlloc;

fn main() {
    let alloc = SmartAlloc::with_defaults();
    let frame = alloc.frame();
    let name: &str = frame.str("harbour");
    alloc.handles().alloc(name);
}
