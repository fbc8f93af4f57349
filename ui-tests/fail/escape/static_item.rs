//! A frame slice is kept in a static.

use std::sync::Mutex;

use framealloc::{SmartAlloc, frame_system};

static LAST: Mutex<&'static [u32]> = Mutex::new(&[]);

#[frame_system(tag = "physics", frame = frame)]
fn broad_phase(alloc: &SmartAlloc, bodies: &[u32]) {
    let pairs = frame.slice_copy(bodies);
    *LAST.lock().unwrap() = pairs;
}

fn main() {}
