//! A transfer of a container that lives in frame memory.

use framealloc::SmartAlloc;

fn main() {
    let alloc = SmartAlloc::with_defaults();
    let mut visible = alloc.frame_vec();
    visible.push(1_u32);
    alloc.frame_box_for_transfer(visible);
}
