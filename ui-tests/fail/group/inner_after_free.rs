//! An inner group is used after it is freed.

use framealloc::SmartAlloc;

fn main() {
    let alloc = SmartAlloc::with_defaults();
    let mut level = alloc.groups().create_group("level");
    let id = level.create_group("cellar");
    let cellar = level.group_mut(id).unwrap();
    level.free_group(id).unwrap();
    cellar.alloc(1);
}
