//! Other attributes and documentation stay; names may be raw.

#![deny(unused_must_use, missing_docs)]

use framealloc::{SmartAlloc, frame_system};

/// Documented.
#[frame_system]
#[inline]
#[must_use = "count"]
#[allow(clippy::needless_pass_by_value)]
pub fn count(alloc: SmartAlloc) -> usize {
    #![allow(unused_variables)]
    use std::mem::size_of_val;
    let unused = 1;
    size_of_val(&alloc)
}

#[frame_system]
pub(crate) fn r#match(alloc: &SmartAlloc) -> u32 {
    #[frame_local]
    let r#type = 5;
    #[retain(Discard)]
    let r#loop = 6;
    *r#type + *r#loop
}

#[cfg(any())]
#[frame_system]
fn gone(alloc: &Missing) {}

fn main() {
    let alloc = SmartAlloc::with_defaults();
    assert!(count(alloc.clone()) > 0);
    assert_eq!(r#match(&alloc), 11);
}
