//! A handle does not shrink the lifetime of what it names: a short-lived value would be read as a long-lived one.

use framealloc::{Group, GroupHandle, SmartAlloc};

fn rename<'a>(level: &mut Group, handle: GroupHandle<&'a str>, name: &'a str) {
    *level.get_mut(handle).unwrap() = name;
}

fn main() {
    let alloc = SmartAlloc::with_defaults();
    let mut level = alloc.groups().create_group("level");
    let handle: GroupHandle<&'static str> = level.alloc("harbour");
    {
        let name = String::from("cellar");
        rename(&mut level, handle, &name);
    }
    println!("{:?}", level.get(handle));
}
