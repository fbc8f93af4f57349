//! A future that owns a frame vector is returned.

use framealloc::{SmartAlloc, frame_system};

#[frame_system(tag = "net")]
fn send(alloc: &SmartAlloc) -> impl Future<Output = usize> {
    #[frame_local]
    let packets: Vec<u32>;
    async move { packets.len() }
}

fn main() {}
