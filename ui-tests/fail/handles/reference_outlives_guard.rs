//! A reference is used after the guard that keeps its object in place.

use framealloc::SmartAlloc;

fn main() {
    let alloc = SmartAlloc::with_defaults();
    let name = alloc.handles().alloc(String::from("harbour"));
    let guard = alloc.handles().resolve(name).unwrap();
    let text: &str = &guard;
    drop(guard);
    alloc.handles().defragment(1 << 20);
    println!("{text}");
}
