//! A number has no empty form.

use framealloc::{SmartAlloc, frame_system};

#[frame_system(tag = "ai")]
fn plan(alloc: &SmartAlloc) {
    #[frame_local]
    let open: u32;
    println!("{open}");
}

fn main() {}
