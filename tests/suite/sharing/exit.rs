//! Threads, allocators and guards that end in every order.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{self, ThreadId};

use framealloc::{FrameHandle, ReadGuard, SmartAlloc};
use framealloc_tests::{Counted, DropCounter, Fixture, on_thread};

#[test]
fn a_thread_that_exits_closes_what_it_shared() {
    let counter = DropCounter::default();
    let fixture = Fixture::small();
    let alloc = &fixture.alloc;
    let handles: Vec<FrameHandle<Counted>> = on_thread(|| {
        alloc.begin_frame();
        (0..100).map(|n| alloc.share_for(counter.make(n), n)).collect()
    });
    assert_eq!(counter.alive(), 0);
    assert!(handles.iter().all(|handle| handle.read(alloc).is_none()));
    fixture.assert_all_freed();
}

#[test]
fn the_last_reader_drops_what_an_exited_thread_shared() {
    struct Dropping(Arc<AtomicU64>, ThreadId);
    impl Drop for Dropping {
        fn drop(&mut self) {
            assert_ne!(thread::current().id(), self.1, "its owner is gone");
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }
    let dropped = Arc::new(AtomicU64::new(0));
    let counter = DropCounter::default();
    let fixture = Fixture::small();
    let alloc = &fixture.alloc;
    let (one, two, other) = on_thread(|| {
        alloc.begin_frame();
        let handle = alloc.share(Dropping(dropped.clone(), thread::current().id()));
        let guards = (handle.read(alloc).unwrap(), handle.read(alloc).unwrap());
        // Of another frame, which is over.
        alloc.end_frame();
        alloc.begin_frame();
        (guards.0, guards.1, alloc.share_for(counter.make(3), 7).read(alloc).unwrap())
    });
    assert_eq!((fixture.stats().ended_threads, counter.alive()), (1, 1));
    drop(one);
    assert_eq!(dropped.load(Ordering::SeqCst), 0, "it has another reader");
    assert!(Arc::ptr_eq(&two.0, &dropped));
    on_thread(move || drop(two));
    assert_eq!(dropped.load(Ordering::SeqCst), 1);
    other.verify();
    drop(other);
    assert_eq!(counter.alive(), 0);
    fixture.assert_all_freed();
}

#[test]
fn thousands_of_short_threads_leave_nothing_behind() {
    let counter = DropCounter::default();
    let fixture = Fixture::small();
    let alloc = &fixture.alloc;
    let mut held: Vec<ReadGuard<'_, Counted>> = Vec::new();
    let mut most = 0;
    for round in 0..2000 {
        held.push(on_thread(|| {
            alloc.begin_frame();
            alloc.share(counter.make(round + 10_000));
            alloc.share(counter.make(round)).read(alloc).unwrap()
        }));
        if held.len() == 4 {
            held.remove(usize::try_from(round % 4).unwrap()).verify();
        }
        if round == 100 {
            most = fixture.backend.counts().peak_bytes;
        }
    }
    assert_eq!((fixture.backend.counts().peak_bytes, held.len()), (most, 3), "memory is bounded");
    drop(held);
    assert_eq!(counter.alive(), 0);
    fixture.assert_all_freed();
}

#[test]
fn a_forgotten_guard_keeps_the_value_and_nothing_is_used_again() {
    let counter = DropCounter::default();
    let fixture = Fixture::small();
    let alloc = &fixture.alloc;
    on_thread(|| {
        alloc.begin_frame();
        let guard = Box::leak(Box::new(alloc.share(counter.make(1)).read(alloc).unwrap()));
        let address = std::ptr::from_ref(&**guard).addr();
        for n in 2..200 {
            alloc.end_frame();
            alloc.begin_frame();
            let fresh = alloc.frame_box(counter.make(n));
            assert_ne!(std::ptr::from_ref(&*fresh).addr(), address);
            guard.verify();
        }
        alloc.end_frame();
    });
    assert_eq!(counter.alive(), 1, "leaked");
    assert!(fixture.live_bytes() > 0);
    // With the allocator nobody can look any more, so the last of it goes too.
    fixture.assert_all_freed();
    assert_eq!(counter.alive(), 0);
}

#[test]
fn a_guard_in_a_thread_local_of_the_owner_outlives_the_exit() {
    thread_local! {
        static KEPT: RefCell<Vec<ReadGuard<'static, Counted>>> = const { RefCell::new(Vec::new()) };
    }
    let counter = DropCounter::default();
    let fixture = Fixture::small();
    let alloc: &'static SmartAlloc = Box::leak(Box::new(fixture.alloc.clone()));
    on_thread(|| {
        // Registered first, so dropped after the thread's heaps.
        KEPT.with_borrow_mut(Vec::clear);
        alloc.begin_frame();
        let guard = alloc.share(counter.make(1)).read(alloc).unwrap();
        KEPT.with_borrow_mut(|kept| kept.push(guard));
    });
    assert_eq!(counter.alive(), 0);
    assert_eq!(fixture.stats().total.frame.live_bytes, 0);
    // SAFETY: the box was leaked above, and the thread that used it has ended.
    drop(unsafe { Box::from_raw(std::ptr::from_ref(alloc).cast_mut()) });
    fixture.assert_all_freed();
}

#[test]
fn sharing_in_a_destructor_of_the_exit_is_given_up_too() {
    struct SharesOnDrop(SmartAlloc, DropCounter);
    impl Drop for SharesOnDrop {
        fn drop(&mut self) {
            let handle = self.0.share(self.1.make(1));
            assert_eq!(handle.read(&self.0).unwrap().payload, 1);
        }
    }
    thread_local! {
        static LATE: RefCell<Option<SharesOnDrop>> = const { RefCell::new(None) };
    }
    let counter = DropCounter::default();
    let fixture = Fixture::small();
    on_thread(|| {
        LATE.set(Some(SharesOnDrop(fixture.alloc.clone(), counter.clone())));
        fixture.alloc.begin_frame();
        // Shares again when its frame ends, in the exit.
        fixture.alloc.share(SharesOnDrop(fixture.alloc.clone(), counter.clone()));
    });
    assert_eq!((counter.made(), counter.alive()), (2, 0));
    fixture.assert_all_freed();
}

#[test]
fn a_handle_alive_at_the_exit_keeps_the_memory_but_not_the_value() {
    let counter = DropCounter::default();
    let fixture = Fixture::small();
    let alloc: &'static SmartAlloc = Box::leak(Box::new(fixture.alloc.clone()));
    let guard = on_thread(|| {
        alloc.begin_frame();
        std::mem::forget(alloc.frame_box(1_u64));
        alloc.share(counter.make(1)).read(alloc).unwrap()
    });
    guard.verify();
    drop(guard);
    assert_eq!(counter.alive(), 0);
    assert!(fixture.live_bytes() > 0, "the forgotten handle's frame stays");
}

#[test]
fn the_allocator_may_go_before_the_thread() {
    let counter = DropCounter::default();
    let fixture = Fixture::small();
    let backend = fixture.backend.clone();
    on_thread(|| {
        fixture.alloc.begin_frame();
        let handle = fixture.alloc.share_for(counter.make(1), 5);
        drop(handle.read(&fixture.alloc).unwrap());
        drop(fixture);
        assert_eq!(counter.alive(), 1, "the thread's heap keeps it");
    });
    assert_eq!((counter.alive(), backend.counts().live_bytes), (0, 0));
}
