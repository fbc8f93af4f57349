//! A handle is used after its value was received.

use framealloc::SmartAlloc;

fn main() {
    let alloc = SmartAlloc::with_defaults();
    let handle = alloc.frame_box_for_transfer([0_u8; 16]);
    let first = handle.receive();
    let second = handle.receive();
    assert_eq!(first, second);
}
