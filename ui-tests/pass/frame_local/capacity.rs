//! Reserved in advance, by a constant or an expression.

use std::collections::{HashMap, HashSet};

use framealloc::{SmartAlloc, frame_system};

#[frame_system]
fn reserved(alloc: &SmartAlloc, bodies: &[u32]) -> bool {
    #[frame_local(capacity = 64)]
    let list: Vec<u32>;
    #[frame_local(capacity = bodies.len() * 2)]
    let map: HashMap<u32, u32>;
    #[frame_local(capacity = list.capacity())]
    let set: HashSet<u32>;
    #[frame_local(capacity = "text".len())]
    let text: String;
    list.capacity() >= 64 && map.capacity() >= 4 && set.capacity() >= 64 && text.capacity() >= 4
}

fn main() {
    assert!(reserved(&SmartAlloc::with_defaults(), &[1, 2]));
}
