//! Every container without an initialiser.

use std::collections::{HashMap, HashSet};

use framealloc::{SmartAlloc, frame_system};

#[frame_system]
fn all(alloc: &SmartAlloc) -> usize {
    #[frame_local]
    let mut list: Vec<(u32, u32)>;
    list.push((1, 2));
    #[frame_local]
    let mut map: HashMap<u32, &str>;
    map.insert(1, "one");
    #[frame_local]
    let mut set: HashSet<char>;
    set.insert('a');
    #[frame_local]
    let mut text: String;
    text.push_str("text");
    #[frame_local(capacity = 3)]
    let mut slice: Box<[f32]>;
    slice[0] = 1.0;
    list.len() + map.len() + set.len() + text.len() + slice.len()
}

fn main() {
    assert_eq!(all(&SmartAlloc::with_defaults()), 10);
}
