//! The guard of a context goes to another thread, instead of the context.

use framealloc::{SmartAlloc, TaskContext};

fn spawn(alloc: &SmartAlloc) {
    let context = TaskContext::of(alloc).enter();
    std::thread::spawn(move || {
        let _context = context;
    });
}

fn main() {}
