//! A reference that a group lent is used after the group is freed.

use framealloc::SmartAlloc;

fn main() {
    let alloc = SmartAlloc::with_defaults();
    let mut level = alloc.groups().create_group("level");
    let handle = level.alloc(String::from("harbour"));
    let name = &level[handle];
    alloc.groups().free_group(level);
    println!("{name}");
}
