//! The checked-in expansions compile as they are printed, without the macro.
//!
//! They are written by the unit tests of framealloc-macros (`FRAMEALLOC_BLESS=1 cargo test -p framealloc-macros`).

#![allow(unused_braces, reason = "braces of a macro are not linted, these are printed")]

use std::collections::HashMap;

use framealloc::SmartAlloc;

const LIMIT: u64 = 4096;

struct World {
    alloc: SmartAlloc,
}

mod minimal {
    use super::*;
    include!("../framealloc-macros/src/frame_system/snapshots/minimal.expanded");
}

mod arguments {
    use super::*;
    include!("../framealloc-macros/src/frame_system/snapshots/arguments.expanded");
}

mod locals {
    use super::*;
    include!("../framealloc-macros/src/frame_system/snapshots/locals.expanded");
}

#[test]
fn they_run() {
    let alloc = SmartAlloc::with_defaults();
    minimal::step(&alloc);
    assert_eq!(arguments::step(&World { alloc: alloc.clone() }), 0);
    assert_eq!(locals::plan(&alloc, &["one"]), 1 + 1 + 8 + 2 + 6);
}
