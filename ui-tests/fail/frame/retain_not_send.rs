//! Promotions may be taken on another thread.

use std::rc::Rc;

use framealloc::{RetentionPolicy, SmartAlloc};

fn main() {
    let alloc = SmartAlloc::with_defaults();
    let frame = alloc.frame();
    frame.retain(Rc::new(5), RetentionPolicy::PromoteToPool);
}
