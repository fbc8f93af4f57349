//! A group is gone once it is freed.

use framealloc::SmartAlloc;

fn main() {
    let alloc = SmartAlloc::with_defaults();
    let mut level = alloc.groups().create_group("level");
    let name = level.alloc(String::from("harbour"));
    alloc.groups().free_group(level);
    println!("{}", level[name]);
}
