//! The allocator goes while one of its objects is borrowed.

use framealloc::SmartAlloc;

fn main() {
    let alloc = SmartAlloc::with_defaults();
    let name = alloc.handles().alloc(String::from("harbour"));
    let guard = alloc.handles().resolve(name).unwrap();
    drop(alloc);
    println!("{}", *guard);
}
