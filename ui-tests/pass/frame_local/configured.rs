//! Other attributes on the same `let`.

use framealloc::{SmartAlloc, frame_system};

#[frame_system]
fn configured(alloc: &SmartAlloc) -> u32 {
    #[cfg(all())]
    #[frame_local]
    let value = 1;
    #[frame_local]
    #[cfg(any())]
    let value = 2;
    #[allow(unused_variables)]
    #[framealloc::frame_local]
    let unused = 3;
    *value
}

fn main() {
    assert_eq!(configured(&SmartAlloc::with_defaults()), 1);
}
