//! A thread that deferred into a full queue waited for the thread that had processed last although that had exited: each value
//! took the whole time limit, also on the thread that drives the frames now.

use std::sync::mpsc::channel;
use std::time::Duration;

use framealloc::{DeferredConfig, QueueFullPolicy, SmartAlloc};
use framealloc_tests::{Fixture, on_thread};

fn blocking() -> Fixture {
    let fixture = Fixture::default();
    let config = DeferredConfig::default().with_max_queue_depth(2).with_policy(QueueFullPolicy::Block);
    fixture.alloc.configure_deferred(config.with_block_timeout(Duration::from_secs(20))).unwrap();
    fixture
}

#[track_caller]
fn nobody_waits_after(processing: impl FnOnce(&SmartAlloc) + Send) {
    let Fixture { alloc, .. } = blocking();
    on_thread(|| processing(&alloc));
    (0..5).for_each(|n| alloc.defer_drop(n));
    let stats = alloc.deferred_stats();
    assert_eq!((stats.blocked, stats.early, stats.pending), (0, 3, 2));
}

#[test]
fn a_driver() {
    nobody_waits_after(|alloc| {
        alloc.begin_frame();
        alloc.defer_drop(0);
        alloc.end_frame();
    });
}

#[test]
fn a_thread_that_only_processes() {
    nobody_waits_after(|alloc| _ = alloc.process_deferred());
}

#[test]
fn one_that_is_waited_for() {
    let Fixture { alloc, .. } = blocking();
    let (exit, told) = channel::<()>();
    std::thread::scope(|scope| {
        let (processes, processed) = channel();
        let alloc = &alloc;
        scope.spawn(move || {
            alloc.process_deferred();
            processes.send(()).unwrap();
            told.recv().unwrap_err();
        });
        processed.recv().unwrap();
        (0..2).for_each(|n| alloc.defer_drop(n));
        let waits = scope.spawn(|| alloc.defer_drop(2));
        std::thread::sleep(Duration::from_millis(20));
        assert!(!waits.is_finished());
        drop(exit);
    });
    let stats = alloc.deferred_stats();
    assert_eq!((stats.blocked, stats.block_timeouts, stats.early, stats.pending), (1, 0, 1, 2));
}
