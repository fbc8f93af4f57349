//! A guard in a thread-local that is dropped after the heap's exit: the quick path gave up the last keep and freed nothing.

use std::cell::RefCell;

use framealloc::{AllocConfig, SmartAlloc};
use framealloc_tests::model::exhume;
use framealloc_tests::{Fixture, on_thread};

thread_local! {
    static HELD: RefCell<Option<framealloc::TagGuard<'static>>> = const { RefCell::new(None) };
}

#[test]
fn a_guard_dropped_after_the_exit_frees_its_heap() {
    let fixture = Fixture::new(AllocConfig::minimal());
    let alloc: &'static SmartAlloc = exhume(fixture.alloc.clone());
    let tag = alloc.tag("t");
    let live = || {
        on_thread(|| {
            // Before the heap's destructor is registered, so that it runs after that one.
            HELD.with_borrow(|held| assert!(held.is_none()));
            drop(alloc.tag_scope(tag));
            HELD.set(Some(alloc.tag_scope(tag)));
        });
        fixture.live_bytes()
    };
    let first = live();
    for _ in 0..10 {
        assert_eq!(live(), first, "each thread left its heap behind");
    }
}
