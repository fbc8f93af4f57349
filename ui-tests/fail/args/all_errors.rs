//! Every mistake in one go, and the function is still there.

use framealloc::{SmartAlloc, frame_system};

#[frame_system(tg = "ai", phase = "", budget = "8XB", soft = "0%", on_exceed = "never", heap = deny, frame = 5, heap = "warn")]
fn step((alloc, _): (&SmartAlloc, u32)) -> u32 {
    #[frame_local]
    let (a, b) = (1, 2);
    a + b
}

fn caller(alloc: &SmartAlloc) -> u32 {
    step((alloc, 1))
}

fn main() {}
