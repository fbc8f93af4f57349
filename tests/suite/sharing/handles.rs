//! What a handle finds, and until when.

use framealloc::diagnostics::FA601;
use framealloc::{AllocError, FrameHandle, ReadGuard, SmartAlloc};
use framealloc_tests::{Counted, DropCounter, Fixture, on_thread};

fn payload(handle: FrameHandle<Counted>, alloc: &SmartAlloc) -> Option<u64> {
    handle.read(alloc).map(|guard| {
        guard.verify();
        guard.payload
    })
}

// fa:allow(FA606): that it is safe after the end of its frame, and finds what it should, is what this shows
#[test]
fn a_value_is_readable_until_its_frame_ends() {
    let counter = DropCounter::default();
    let fixture = Fixture::small();
    on_thread(|| {
        let alloc = &fixture.alloc;
        let mut stale: Option<FrameHandle<Counted>> = None;
        for n in 0..100 {
            alloc.begin_frame();
            let handle = alloc.share(counter.make(n));
            assert_eq!(payload(handle, alloc), Some(n));
            assert_eq!(on_thread(|| payload(handle, alloc)), Some(n));
            assert!(stale.is_none_or(|stale| stale.read(alloc).is_none()), "the slot is in use again");
            alloc.end_frame();
            assert_eq!(payload(handle, alloc), None);
            assert_eq!(counter.alive(), 0, "dropped with its frame");
            stale = Some(handle);
        }
    });
    assert_eq!(fixture.reports(&FA601).len(), 0, "a slot is no handle that was left behind");
    fixture.assert_all_freed();
}

#[test]
fn a_value_shared_for_frames_closes_that_many_frames_later() {
    let counter = DropCounter::default();
    let fixture = Fixture::small();
    on_thread(|| {
        let alloc = &fixture.alloc;
        let mut handles = Vec::new();
        for frame in 1..=20_u64 {
            alloc.begin_frame();
            handles.push(alloc.share_for(counter.make(frame), 3));
            for (index, handle) in handles.iter().enumerate() {
                let shared_in = index as u64 + 1;
                let expected = (frame <= shared_in + 3).then_some(shared_in);
                assert_eq!(payload(*handle, alloc), expected, "of frame {shared_in} in frame {frame}");
            }
            assert_eq!(counter.alive(), frame.min(4));
            alloc.end_frame();
        }
    });
    assert_eq!(counter.alive(), 0, "the thread's exit closes what is open");
    assert_eq!(fixture.reports(&FA601).len(), 0);
    fixture.assert_all_freed();
}

#[test]
fn a_pinned_value_outlives_its_frame_and_is_dropped_by_its_owner() {
    let counter = DropCounter::default();
    let fixture = Fixture::small();
    on_thread(|| {
        let alloc = &fixture.alloc;
        alloc.begin_frame();
        let handle = alloc.share(counter.make(7));
        let guard = handle.read(alloc).unwrap();
        alloc.end_frame();
        assert!(handle.read(alloc).is_none(), "closed");
        for _ in 0..5 {
            alloc.begin_frame();
            drop(alloc.frame_box([1_u8; 512]));
            alloc.end_frame();
            guard.verify();
            assert_eq!((guard.payload, counter.alive()), (7, 1));
        }
        on_thread(move || drop(guard));
        assert_eq!(counter.alive(), 1, "its owner has not looked");
        alloc.begin_frame();
        assert_eq!(counter.alive(), 0);
        alloc.end_frame();
    });
    assert_eq!(fixture.reports(&FA601).len(), 0, "a reader is no mistake");
    fixture.assert_all_freed();
}

#[test]
fn readers_give_back_in_any_order() {
    let counter = DropCounter::default();
    let fixture = Fixture::small();
    on_thread(|| {
        let alloc = &fixture.alloc;
        for order in [[0, 1, 2, 3], [3, 2, 1, 0], [1, 3, 0, 2]] {
            let mut guards: Vec<_> = (0..4)
                .map(|n| {
                    alloc.begin_frame();
                    let handle = alloc.share_for(counter.make(n), n % 2);
                    let guard = handle.read(alloc);
                    alloc.end_frame();
                    guard
                })
                .collect();
            for (given, index) in order.into_iter().enumerate() {
                assert_eq!(guards[index].as_ref().unwrap().payload, index as u64);
                drop(guards[index].take());
                if given % 2 == 1 {
                    (0..2).for_each(|_| {
                        alloc.begin_frame();
                        alloc.end_frame();
                    });
                    assert_eq!(counter.alive(), 3 - given as u64);
                }
            }
        }
    });
    assert_eq!(counter.alive(), 0);
    fixture.assert_all_freed();
}

#[test]
fn values_come_back_at_the_end_on_demand_and_on_slow_paths() {
    let counter = DropCounter::default();
    let fixture = Fixture::small();
    let pinned = |alloc: &SmartAlloc| {
        alloc.begin_frame();
        let guard = Box::leak(Box::new(alloc.clone()));
        let guard = alloc.share(counter.make(1)).read(guard).unwrap();
        alloc.end_frame();
        guard
    };
    on_thread(|| {
        let alloc = &fixture.alloc;
        // Between begin and end.
        let guard = pinned(alloc);
        alloc.begin_frame();
        drop(guard);
        assert_eq!(counter.alive(), 1);
        alloc.end_frame();
        assert_eq!(counter.alive(), 0, "end_frame");
        // By an ambient allocation that opens a frame.
        drop(pinned(alloc));
        assert_eq!(counter.alive(), 1);
        drop(alloc.frame_box(1_u8));
        assert_eq!(counter.alive(), 0, "an ambient allocation");
        // By any frame that needs more memory.
        drop(pinned(alloc));
        assert_eq!(counter.alive(), 1);
        let frame = alloc.frame();
        frame.slice_from_fn(100_000, |_| 0_u8);
        assert_eq!(counter.alive(), 0, "a new chunk");
    });
}

#[test]
fn handles_of_another_allocator_find_nothing() {
    let (one, two) = (Fixture::small(), Fixture::small());
    on_thread(|| {
        one.alloc.begin_frame();
        two.alloc.begin_frame();
        let first = one.alloc.share(1_u64);
        let second = two.alloc.share(2_u64);
        assert_eq!(first.read(&one.alloc).as_deref(), Some(&1));
        assert_eq!(second.read(&two.alloc).as_deref(), Some(&2));
        assert!(first.read(&two.alloc).is_none() && second.read(&one.alloc).is_none());
        assert_eq!(first.read(&one.alloc.clone()).as_deref(), Some(&1), "a clone is the same allocator");
    });
    let stale = on_thread(|| {
        one.alloc.begin_frame();
        one.alloc.share(3_u64)
    });
    one.assert_all_freed();
    assert!(stale.read(&two.alloc).is_none(), "its allocator is gone");
    two.assert_all_freed();
}

#[test]
fn every_type_can_be_shared() {
    #[repr(align(4096))]
    struct Page([u8; 4096]);
    let fixture = Fixture::small();
    on_thread(|| {
        let alloc = &fixture.alloc;
        alloc.begin_frame();
        let nothing = alloc.share(());
        let page = alloc.share(Page([7; 4096]));
        let text = alloc.share(String::from("text"));
        let large = alloc.share([9_u8; 100_000]);
        let function = alloc.share(str::len as fn(&str) -> usize);
        assert!(nothing.read(alloc).is_some());
        let page = page.read(alloc).unwrap();
        assert!(std::ptr::from_ref(&*page).addr().is_multiple_of(4096) && page.0 == [7; 4096]);
        assert_eq!(&*text.read(alloc).unwrap(), "text");
        assert!(large.read(alloc).unwrap().iter().all(|byte| *byte == 9));
        assert_eq!(function.read(alloc).unwrap()("four"), 4);
        alloc.end_frame();
        assert!(text.read(alloc).is_none() && nothing.read(alloc).is_none());
    });
    fixture.assert_all_freed();
}

#[test]
fn handles_and_guards_cross_threads_and_read_well() {
    fn may_cross<T: Send + Sync>(_: &T) {}
    fn is_copy<T: Copy>(_: &T) {}
    let fixture = Fixture::small();
    let alloc = &fixture.alloc;
    alloc.begin_frame();
    let handle = alloc.share(vec![1, 2, 3]);
    may_cross(&handle);
    is_copy(&handle);
    assert_eq!(size_of_val(&handle), 24);
    let guard: ReadGuard<'_, Vec<i32>> = handle.read(alloc).unwrap();
    may_cross(&guard);
    assert_eq!(format!("{guard:?}"), "[1, 2, 3]");
    assert!(format!("{handle:?}").starts_with("FrameHandle { allocator: "));
    alloc.end_frame();
    on_thread(move || assert_eq!(guard.len(), 3));
}

#[test]
fn a_rollback_ends_what_was_shared_since() {
    let counter = DropCounter::default();
    let fixture = Fixture::small();
    on_thread(|| {
        let alloc = &fixture.alloc;
        alloc.begin_frame();
        let before = alloc.share(counter.make(1));
        let checkpoint = alloc.frame_checkpoint();
        let since = alloc.share_for(counter.make(2), 10);
        alloc.rollback_to(&checkpoint).unwrap();
        assert_eq!((payload(before, alloc), payload(since, alloc)), (Some(1), None));
        assert_eq!(counter.alive(), 1);

        let checkpoint = alloc.frame_checkpoint();
        let guard = alloc.share_for(counter.make(3), 10).read(alloc).unwrap();
        let error = alloc.rollback_to(&checkpoint).unwrap_err();
        assert_eq!(error, AllocError::HandlesAlive { operation: "rollback_to", handles: 1 });
        guard.verify();
        drop(guard);
        alloc.end_frame();
        assert_eq!(counter.alive(), 0);
    });
    fixture.assert_all_freed();
}

// fa:allow(FA606): that it is safe after the end of its frame, and finds what it should, is what this shows
#[test]
fn a_committed_checkpoint_shares_with_its_frame() {
    let counter = DropCounter::default();
    let fixture = Fixture::small();
    on_thread(|| {
        let alloc = &fixture.alloc;
        alloc.begin_frame();
        let (kept, late) = {
            let guard = alloc.checkpoint_guard();
            let handles = (alloc.share(counter.make(1)), alloc.share_for(counter.make(2), 1));
            guard.commit();
            handles
        };
        assert_eq!((payload(kept, alloc), payload(late, alloc)), (Some(1), Some(2)));
        alloc.end_frame();
        assert_eq!((payload(kept, alloc), payload(late, alloc), counter.alive()), (None, Some(2), 1));
        alloc.begin_frame();
        assert_eq!(payload(late, alloc), Some(2));
        alloc.end_frame();
        alloc.begin_frame();
        assert_eq!((payload(late, alloc), counter.alive()), (None, 0));
        alloc.end_frame();
    });
    fixture.assert_all_freed();
}

#[test]
fn a_worker_that_never_ends_its_frames_recycles_lazily() {
    let counter = DropCounter::default();
    let fixture = Fixture::small();
    let alloc = &fixture.alloc;
    alloc.begin_frame();
    std::thread::scope(|scope| {
        let (to_worker, orders) = std::sync::mpsc::channel::<()>();
        let (to_driver, results) = std::sync::mpsc::channel::<FrameHandle<Counted>>();
        let counter = &counter;
        scope.spawn(move || {
            for () in orders {
                to_driver.send(alloc.share(counter.make(5))).unwrap();
            }
        });
        let mut last: Option<FrameHandle<Counted>> = None;
        for _ in 0..50 {
            to_worker.send(()).unwrap();
            let handle = results.recv().unwrap();
            assert_eq!(payload(handle, alloc), Some(5));
            assert!(last.is_none_or(|last| last.read(alloc).is_none()));
            assert_eq!(counter.alive(), 1, "what the frame before shared is gone");
            last = Some(handle);
            alloc.end_frame();
            alloc.begin_frame();
        }
    });
    alloc.end_frame();
    assert_eq!(fixture.reports(&FA601).len(), 0);
}
