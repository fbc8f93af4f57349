//! Every policy, with names and types.

use framealloc::{RetentionPolicy, SmartAlloc, frame_system};

const LEVEL: &str = "level";

#[frame_system]
fn kept(alloc: &SmartAlloc) -> usize {
    #[retain(Discard)]
    let a = vec![1];
    #[retain(PromoteToPool)]
    let mut b: Vec<u32> = vec![1, 2];
    b.push(3);
    #[retain(PromoteToHeap, name = "navmesh")]
    let c: Box<[u32]> = Box::new([1]);
    #[retain(PromoteToScratch("level"))]
    let d = 4_u64;
    #[retain(name = "leaked", Leak)]
    let e = 5_u64;
    #[retain(RetentionPolicy::PromoteToScratch(LEVEL))]
    let f: &'static str = "text";
    a.len() + b.len() + c.len() + f.len() + usize::from(*d + *e == 9)
}

fn main() {
    assert_eq!(kept(&SmartAlloc::with_defaults()), 1 + 3 + 1 + 4 + 1);
}
