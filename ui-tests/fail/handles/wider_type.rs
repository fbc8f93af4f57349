//! A handle is taken for one of a wider type, through which another value could be put in.

use framealloc::{ObjectHandle, SmartAlloc};

fn any(text: &str) -> usize {
    text.len()
}

fn main() {
    let alloc = SmartAlloc::with_defaults();
    let measure: ObjectHandle<for<'a> fn(&'a str) -> usize> = alloc.handles().alloc(any as fn(&str) -> usize);
    let narrow: ObjectHandle<fn(&'static str) -> usize> = measure;
    drop(narrow);
}
