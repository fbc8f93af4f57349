//! A group outlives what a value in it borrows.

use framealloc::SmartAlloc;

fn main() {
    let alloc = SmartAlloc::with_defaults();
    let mut level = alloc.groups().create_group("level");
    {
        let name = String::from("harbour");
        level.alloc(name.as_str());
    }
    drop(level);
}
