//! A future on an executor with threads owns a frame vector.

use framealloc::{SmartAlloc, frame_system};

fn spawn(_task: impl Future<Output = usize> + Send + 'static) {}

#[frame_system(tag = "net")]
fn send(alloc: &SmartAlloc) {
    #[frame_local]
    let packets: Vec<u32>;
    spawn(async move { packets.len() });
}

fn main() {}
