//! Frames stay on their thread, futures do not.

use framealloc::{SmartAlloc, frame_system};

#[frame_system(tag = "net")]
async fn receive(alloc: &SmartAlloc) -> usize {
    #[frame_local]
    let mut packets: Vec<u32>;
    packets.push(1);
    packets.len()
}

fn main() {}
