//! Values whose memory is on the heap, by their type or by how they are made.

use std::collections::{BTreeMap, HashMap};

use framealloc::{SmartAlloc, frame_system};

#[frame_system(tag = "ai")]
fn plan(alloc: &SmartAlloc) {
    #[frame_local]
    let list = vec![1, 2, 3];
    #[frame_local]
    let empty = Vec::<u32>::new();
    #[frame_local]
    let doubled = list.iter().map(|n| n * 2).collect::<Vec<_>>();
    #[frame_local]
    let costs: HashMap<u32, f32> = HashMap::new();
    #[frame_local]
    let text = format!("{}", doubled.len());
    #[frame_local]
    let order: BTreeMap<u32, u32> = BTreeMap::new();
    #[frame_local]
    let grid: Box<[u8]> = Box::new([0; 64]);
    #[frame_local]
    let shown: Box<dyn std::fmt::Display> = Box::new(5);
    #[frame_local]
    let number: Box<u32> = Box::new(5);
    println!("{list:?} {empty:?} {costs:?} {text} {order:?} {grid:?} {shown} {number}");
}

fn main() {}
