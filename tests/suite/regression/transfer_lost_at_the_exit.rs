//! A handle in a thread-local that goes after its thread's heap: its value is deferred, which takes memory. A budget that
//! panics when it refuses aborted the process.

use std::cell::RefCell;

use framealloc::{Budget, DeferredConfig, OnExceed, SmartAlloc, TransferHandle};
use framealloc_tests::model::exhume;
use framealloc_tests::{Counted, DropCounter, Fixture, on_thread};

thread_local! {
    static HELD: RefCell<Option<TransferHandle<Counted>>> = const { RefCell::new(None) };
}

#[test]
fn a_budget_that_panics_is_out_of_room() {
    let (fixture, counter) = (Fixture::default(), DropCounter::default());
    let alloc: &'static SmartAlloc = exhume(fixture.alloc.clone());
    alloc.configure_deferred(DeferredConfig::default()).unwrap();
    on_thread(|| {
        // Before the heap's destructor is registered, so that it runs after that one.
        HELD.with_borrow(|held| assert!(held.is_none()));
        let _tag = alloc.tag_scope("t");
        HELD.set(Some(alloc.frame_box_for_transfer(counter.make(1))));
        alloc.set_tag_budget("t", Budget::bytes(1).on_exceed(OnExceed::Panic));
    });
    assert_eq!((counter.alive(), alloc.deferred_stats().immediate), (0, 1));
    assert_eq!(alloc.tag_budget("t").unwrap().used, 0);
}
