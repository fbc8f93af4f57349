//! A reference into a group is held while the group changes.

use framealloc::SmartAlloc;

fn main() {
    let alloc = SmartAlloc::with_defaults();
    let mut level = alloc.groups().create_group("level");
    let handle = level.alloc(String::from("harbour"));
    let name = &mut level[handle];
    level.alloc(String::from("cellar"));
    name.push('!');
}
