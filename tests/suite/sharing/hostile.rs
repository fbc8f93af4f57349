//! Destructors that panic, call back or keep each other alive.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use framealloc::diagnostics::FA002;
use framealloc::{AllocConfig, FrameHandle, ReadGuard, SmartAlloc};
use framealloc_tests::fixture::leaves_nothing;
use framealloc_tests::{DropCounter, Fixture, caught, on_thread};

#[test]
fn a_panic_at_the_end_of_a_frame_comes_out_when_the_frame_is_gone() {
    let counter = DropCounter::default();
    let fixture = Fixture::small();
    on_thread(|| {
        let alloc = &fixture.alloc;
        alloc.begin_frame();
        let handles: Vec<_> = (0..10).map(|n| alloc.share(counter.make(n))).collect();
        counter.panic_every(5);
        assert_eq!(caught(|| alloc.end_frame()), "destructor 5 panics");
        counter.panic_every(0);
        assert_eq!(counter.alive(), 0, "the others ran");
        assert!(!alloc.is_frame_active() && handles.iter().all(|handle| handle.read(alloc).is_none()));
        alloc.begin_frame();
        alloc.end_frame();
        assert_eq!(fixture.reports(&FA002).len(), 0);
    });
    fixture.assert_all_freed();
}

#[test]
fn a_panic_of_what_a_reader_gave_back_comes_out_where_it_is_dropped() {
    let counter = DropCounter::default();
    let fixture = Fixture::small();
    on_thread(|| {
        let alloc = &fixture.alloc;
        let share = || {
            alloc.begin_frame();
            let guard = alloc.share(counter.make(1)).read(alloc).unwrap();
            alloc.end_frame();
            drop(guard);
        };
        counter.panic_every(1);
        share();
        assert_eq!(caught(|| alloc.begin_frame()), "destructor 1 panics");
        assert!(!alloc.is_frame_active(), "a frame that did not begin does not count");
        share();
        assert_eq!(caught(|| alloc.frame_box(1)), "destructor 2 panics");
        share();
        let frame = alloc.frame();
        assert_eq!(caught(|| frame.slice_from_fn(100_000, |_| 0_u8).len()), "destructor 3 panics");
        assert_eq!(frame.slice_from_fn(100_000, |_| 1_u8).len(), 100_000, "and the frame goes on");
        counter.panic_every(0);
    });
    assert_eq!(counter.alive(), 0);
    fixture.assert_all_freed();
}

#[test]
fn a_panic_in_the_exit_is_contained() {
    let counter = DropCounter::default();
    let fixture = Fixture::small();
    let alloc = &fixture.alloc;
    let guard = on_thread(|| {
        alloc.begin_frame();
        counter.panic_every(1);
        for n in 0..5 {
            alloc.share_for(counter.make(n), n);
        }
        alloc.share(counter.make(9)).read(alloc).unwrap()
    });
    assert_eq!(counter.alive(), 1);
    assert_eq!(caught(|| drop(guard)), "destructor 6 panics", "the reader dropped it");
    assert_eq!(counter.alive(), 0);
    fixture.assert_all_freed();
}

/// Does something with the allocator when it is dropped.
struct Calls(SmartAlloc, fn(&SmartAlloc), Arc<AtomicU64>);

impl Drop for Calls {
    fn drop(&mut self) {
        self.2.fetch_add(1, Ordering::SeqCst);
        (self.1)(&self.0);
    }
}

#[test]
fn destructors_may_call_back() {
    let calls: [fn(&SmartAlloc); 8] = [
        |alloc| alloc.begin_frame(),
        |alloc| alloc.end_frame(),
        |alloc| {
            alloc.begin_frame();
            alloc.end_frame();
        },
        |alloc| drop(alloc.share(vec![1]).read(alloc).unwrap()),
        |alloc| drop(alloc.share_for(vec![1], 2).read(alloc)),
        |alloc| drop(alloc.frame_box([0_u8; 100_000])),
        |alloc| drop(alloc.rollback_to(&alloc.frame_checkpoint())),
        |alloc| drop(alloc.stats()),
    ];
    for call in calls {
        let dropped = Arc::new(AtomicU64::new(0));
        let config = AllocConfig::minimal().with_strict(framealloc::diagnostics::Strict::Off);
        leaves_nothing(config, |fixture| {
            let alloc = &fixture.alloc;
            for n in 0..20_u64 {
                alloc.begin_frame();
                let value = || Calls(alloc.clone(), call, dropped.clone());
                let plain = alloc.share(value());
                let late = alloc.share_for(value(), n % 4);
                let checkpoint = alloc.frame_checkpoint();
                let inner = alloc.share(value());
                let guard = if n % 2 == 0 { plain.read(alloc) } else { late.read(alloc) };
                if n % 3 == 0 {
                    drop(alloc.rollback_to(&checkpoint));
                }
                drop(inner.read(alloc));
                alloc.end_frame();
                drop(guard);
            }
        });
        assert_eq!(dropped.load(Ordering::SeqCst), 60);
    }
}

#[test]
fn values_that_pin_each_other_go_one_after_the_other() {
    struct Link(#[expect(dead_code, reason = "a pin")] Option<ReadGuard<'static, Link>>, DropCounter);
    impl Drop for Link {
        fn drop(&mut self) {
            self.1.forget_one();
        }
    }
    let counter = DropCounter::default();
    let fixture = Fixture::small();
    let alloc: &'static SmartAlloc = Box::leak(Box::new(fixture.alloc.clone()));
    let chain = |length: u64| {
        let mut last: Option<FrameHandle<Link>> = None;
        for n in 0..length {
            std::mem::forget(counter.make(n));
            let below = last.map(|last| last.read(alloc).unwrap());
            last = Some(alloc.share(Link(below, counter.clone())));
        }
    };
    on_thread(|| {
        alloc.begin_frame();
        chain(10);
        for _ in 0..12 {
            alloc.end_frame();
            alloc.begin_frame();
        }
        assert_eq!(counter.alive(), 0);
        chain(10);
    });
    assert_eq!(counter.alive(), 0, "the exit leaves none");
    // SAFETY: the box was leaked above, and the thread that used it has ended.
    drop(unsafe { Box::from_raw(std::ptr::from_ref(alloc).cast_mut()) });
    fixture.assert_all_freed();
}

#[test]
fn a_sink_that_ends_the_frame_while_something_is_shared() {
    let counter = DropCounter::default();
    let fixture = Fixture::small().unlimited();
    on_thread(|| {
        let alloc = fixture.alloc.clone();
        let inner = alloc.clone();
        fixture.alloc.diagnostics().add_sink(framealloc::diagnostics::CallbackSink::new(move |report| {
            if report.code.id == "FA001" {
                inner.end_frame();
            }
        }));
        for n in 0..50 {
            // Outside of a frame: FA001 is told, and the sink ends the frame that was opened on demand.
            let handle = alloc.share(counter.make(n));
            if let Some(guard) = handle.read(&alloc) {
                guard.verify();
            }
        }
        alloc.diagnostics().clear_sinks();
        alloc.begin_frame();
        alloc.end_frame();
    });
    assert_eq!(counter.alive(), 0);
    fixture.assert_all_freed();
}
