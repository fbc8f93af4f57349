//! A promoted value cannot borrow from the caller.

use framealloc::{SmartAlloc, frame_system};

#[frame_system(tag = "nav")]
fn rebuild(alloc: &SmartAlloc, level: &str) {
    #[retain(PromoteToPool)]
    let names = vec![level];
    drop(names);
}

fn main() {}
