//! A closure that owns a frame vector is returned.

use framealloc::{SmartAlloc, frame_system};

#[frame_system(tag = "physics")]
fn query(alloc: &SmartAlloc, bodies: &[u32]) -> impl Fn(u32) -> bool {
    #[frame_local]
    let mut hits: Vec<u32>;
    hits.extend(bodies);
    move |body| hits.contains(&body)
}

fn main() {}
