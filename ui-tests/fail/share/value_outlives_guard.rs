//! A reference to a shared value outlives the guard that pins it.

use framealloc::{FrameHandle, SmartAlloc};

fn longest(alloc: &SmartAlloc, names: FrameHandle<Vec<String>>) -> Option<&String> {
    let names = names.read(alloc)?;
    names.iter().max_by_key(|name| name.len())
}

fn main() {}
