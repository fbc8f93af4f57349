//! The handle of a block of bytes is taken for that of a string.

use framealloc::{ObjectHandle, SmartAlloc};

fn main() {
    let alloc = SmartAlloc::with_defaults();
    let block = alloc.handles().alloc_bytes(24, 8).unwrap();
    let name: ObjectHandle<String> = block;
    alloc.handles().free(name);
}
