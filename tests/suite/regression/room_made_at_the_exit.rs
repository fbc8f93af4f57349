//! A box in a thread-local that goes after its thread's heap is deferred, for which an older value's destructor makes room. If
//! that panicked, the process aborted on a thread that had nothing to do with it.

use std::cell::RefCell;

use framealloc::{DeferredBox, DeferredConfig, QueueFullPolicy, SmartAlloc};
use framealloc_tests::model::exhume;
use framealloc_tests::{Fixture, on_thread};

struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("an older value's destructor");
    }
}

thread_local! {
    static HELD: RefCell<Option<DeferredBox<u32>>> = const { RefCell::new(None) };
}

#[test]
fn the_panic_of_an_older_value_goes_no_further() {
    for policy in [QueueFullPolicy::DropOldest, QueueFullPolicy::Block] {
        let fixture = Fixture::default();
        let alloc: &'static SmartAlloc = exhume(fixture.alloc.clone());
        let config = DeferredConfig::default().with_max_queue_depth(1).with_policy(policy);
        alloc.configure_deferred(config).unwrap();
        alloc.defer_drop(Bomb);
        on_thread(|| {
            // Before the heap's destructor is registered, so that it runs after that one.
            HELD.with_borrow(|held| assert!(held.is_none()));
            HELD.set(Some(alloc.deferred_box(7)));
        });
        let stats = alloc.deferred_stats();
        assert_eq!((stats.panics, stats.early, stats.pending), (1, 1, 1), "{policy:?}");
    }
}
