//! A destructor is deferred beyond the life of what its value borrows.

use framealloc::{DeferredBox, SmartAlloc};

struct Upload<'a>(&'a [u8]);

fn main() {
    let alloc = SmartAlloc::with_defaults();
    let bytes = vec![1, 2, 3];
    let upload: DeferredBox<Upload<'_>> = alloc.deferred_box(Upload(&bytes));
    drop(upload);
}
