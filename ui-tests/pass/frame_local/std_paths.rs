//! The containers by path, and with their element type inferred.

use std::collections;

use framealloc::{SmartAlloc, frame_system};

#[frame_system]
fn paths<T: Copy + Eq + std::hash::Hash>(alloc: &SmartAlloc, value: T) -> usize {
    #[frame_local]
    let mut list: std::vec::Vec<T>;
    list.push(value);
    #[frame_local]
    let mut map: ::std::collections::HashMap<T, [T; 2]>;
    map.insert(value, [value; 2]);
    #[frame_local]
    let mut set: collections::HashSet<T>;
    set.insert(value);
    #[frame_local]
    let text: std::string::String;
    #[frame_local(capacity = 2)]
    let slice: std::boxed::Box<[Option<u8>]>;
    #[frame_local]
    let mut inferred: Vec<_>;
    inferred.push(Some(value));
    list.len() + map.len() + set.len() + text.len() + slice.len() + inferred.len()
}

fn main() {
    assert_eq!(paths(&SmartAlloc::with_defaults(), 'a'), 6);
}
