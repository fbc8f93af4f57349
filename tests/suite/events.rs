//! Events: what subscribers hear, when, and that they can do no harm.

use std::sync::{Arc, Mutex, OnceLock};

use framealloc::diagnostics::Strict;
use framealloc::{
    AllocConfig, Budget, Event, EventKind, FailureReason, OnExceed, RetentionPolicy, SmartAlloc, Subscription,
};
use framealloc_tests::{Fixture, caught, on_thread};

type Log = Arc<Mutex<Vec<Event>>>;

/// Keeps every event of the allocator.
fn record(alloc: &SmartAlloc) -> (Log, Subscription) {
    let log = Log::default();
    let kept = Arc::clone(&log);
    let subscription = alloc.subscribe(move |event| kept.lock().unwrap().push(event.clone()));
    (log, subscription)
}

fn kinds(log: &Log) -> Vec<EventKind> {
    std::mem::take(&mut *log.lock().unwrap()).into_iter().map(|event| event.kind).collect()
}

/// The frames among the events: (bytes, allocations, handles) of each end, `None` for each beginning.
fn frames(log: &Log) -> Vec<Option<(u64, u64, u64)>> {
    let frame = |kind| match kind {
        EventKind::FrameBegun { .. } => Some(None),
        EventKind::FrameEnded { bytes, allocations, alive_handles, .. } => {
            Some(Some((bytes, allocations, alive_handles)))
        }
        _ => None,
    };
    kinds(log).into_iter().filter_map(frame).collect()
}

#[test]
fn frames_are_told_with_what_they_used() {
    let fixture = Fixture::small();
    on_thread(|| {
        let alloc = &fixture.alloc;
        let (log, subscription) = record(alloc);
        for round in 0..5_u64 {
            alloc.begin_frame();
            drop(alloc.frame_box([0_u8; 96]));
            alloc.with_tag("scoped", |alloc| {
                let frame = alloc.frame();
                frame.slice_from_fn(2000, |n| n as u64);
            });
            alloc.begin_frame();
            alloc.end_frame();
            let phases = alloc.phase_stats();
            assert_eq!(frames(&log), [None], "round {round}");
            alloc.end_frame();
            assert_eq!(frames(&log), [Some((96 + 16_000, 2, 0))]);
            assert_eq!(phases.total_bytes(), 96 + 16_000, "the phases agree");
        }
        alloc.begin_frame();
        alloc.end_frame();
        assert_eq!(frames(&log), [None, Some((0, 0, 0))], "an empty frame");
        drop(subscription);
        alloc.begin_frame();
        alloc.end_frame();
        assert_eq!(kinds(&log), []);
    });
    fixture.assert_all_freed();
}

#[test]
fn the_frame_number_and_the_thread_are_the_events_own() {
    let fixture = Fixture::small();
    let (log, _subscription) = record(&fixture.alloc);
    on_thread(|| {
        fixture.alloc.begin_frame();
        let worker = on_thread(|| {
            fixture.alloc.begin_frame();
            fixture.alloc.end_frame();
            std::thread::current().id()
        });
        fixture.alloc.end_frame();
        let drivers: Vec<_> = log
            .lock()
            .unwrap()
            .iter()
            .filter_map(|event| match event.kind {
                EventKind::FrameBegun { driver } | EventKind::FrameEnded { driver, .. } => {
                    assert_eq!(event.frame, 1);
                    Some((driver, event.thread == worker))
                }
                _ => None,
            })
            .collect();
        assert_eq!(drivers, [(true, false), (false, true), (false, true), (true, false)]);
    });
}

// fa:allow(FA601): what becomes of a handle that outlives its frame is what this shows
#[test]
fn every_beginning_has_its_end() {
    let fixture = Fixture::small();
    let (log, subscription) = record(&fixture.alloc);
    on_thread(|| {
        let alloc = &fixture.alloc;
        alloc.begin_frame();
        on_thread(|| {
            alloc.begin_frame();
            on_thread(|| alloc.begin_frame());
            drop(alloc.frame_box(1));
        });
        let kept = alloc.frame_box([1_u8; 50]);
        alloc.end_frame();
        assert_eq!(frames(&log).iter().filter(|frame| frame.is_some()).count(), 3);
        drop(kept);
        alloc.begin_frame();
        let kept = alloc.frame_box([1_u8; 64]);
        alloc.end_frame();
        assert_eq!(frames(&log), [None, Some((64, 1, 1))], "with a handle alive");
        drop(kept);
        // A worker that never ends its frame, and begins the next one.
        std::thread::scope(|scope| {
            let (begun, wait) = std::sync::mpsc::channel();
            let (go, on) = std::sync::mpsc::channel();
            let worker = scope.spawn(move || {
                alloc.begin_frame();
                begun.send(()).unwrap();
                on.recv().unwrap();
                alloc.begin_frame();
                alloc.end_frame();
            });
            wait.recv().unwrap();
            alloc.begin_frame();
            alloc.end_frame();
            go.send(()).unwrap();
            worker.join().unwrap();
        });
        let frames = frames(&log);
        assert_eq!(
            (frames.len(), frames.iter().filter(|frame| frame.is_none()).count()),
            (6, 3),
            "{frames:?}"
        );
        assert_eq!(fixture.reports(&framealloc::diagnostics::FA002).len(), 1);
    });
    drop(subscription);
    fixture.assert_all_freed();
}

#[test]
fn chunks_add_up_to_what_the_backend_gave() {
    let fixture = Fixture::small();
    let (log, subscription) = record(&fixture.alloc);
    on_thread(|| {
        for size in [10_usize, 100_000, 3_000_000, 10, 10] {
            for _ in 0..10 {
                fixture.alloc.begin_frame();
                drop(fixture.alloc.frame_alloc_batch::<u8>(size));
                fixture.alloc.frame().slice_from_fn(size, |n| n as u8);
                fixture.alloc.end_frame();
            }
        }
        let (mut out, mut returned) = ((0, 0), 0);
        for kind in kinds(&log) {
            match kind {
                EventKind::ChunksTaken { count, bytes } => out = (out.0 + count, out.1 + bytes),
                EventKind::ChunksReturned { count, bytes } => {
                    out = (out.0 - count, out.1 - bytes);
                    returned += count;
                }
                _ => {}
            }
        }
        let stats = fixture.alloc.stats();
        let held: u64 = stats.threads.iter().map(|thread| thread.chunk_bytes).sum();
        assert_eq!(out.1, held + stats.depot_bytes, "bytes that are still out");
        assert!(returned > 0 && out.0 > 0, "{returned} went back, {} are out", out.0);
    });
    drop(subscription);
    fixture.assert_all_freed();
}

#[test]
fn threads_are_told_to_join_and_leave() {
    let fixture = Fixture::small();
    let (log, subscription) = record(&fixture.alloc);
    let spawn = |work: fn(&SmartAlloc)| {
        std::thread::scope(|scope| {
            let named = std::thread::Builder::new().name("loader".into());
            let handle = named.spawn_scoped(scope, || work(&fixture.alloc)).unwrap();
            handle.join().unwrap();
        });
    };
    spawn(|alloc| drop(alloc.heap_box(1)));
    spawn(|alloc| drop(alloc.frame()));
    let threads: Vec<_> = kinds(&log)
        .into_iter()
        .filter_map(|kind| match kind {
            EventKind::ThreadJoined { name } => Some((true, name)),
            EventKind::ThreadLeft { name } => Some((false, name)),
            _ => None,
        })
        .collect();
    let loader = Some("loader".to_owned());
    let once = [(true, loader.clone()), (false, loader)];
    assert_eq!(threads, [once.clone(), once].concat());
    drop(subscription);
    fixture.assert_all_freed();
}

#[test]
fn budgets_and_promotions_are_told() {
    let fixture = Fixture::small();
    let alloc = &fixture.alloc;
    let (log, _subscription) = record(alloc);
    alloc.set_tag_budget("t", Budget::bytes(1000).on_exceed(OnExceed::Fail));
    alloc.begin_frame();
    alloc.with_tag("t", |alloc| {
        let kept = alloc.heap_box([0_u8; 600]);
        assert!(alloc.try_heap_box([0_u8; 500]).is_err());
        drop(alloc.frame_retained_named("small", 1_u8, RetentionPolicy::PromoteToPool));
        drop(alloc.frame_retained_named("large", [0_u8; 200], RetentionPolicy::PromoteToHeap));
        alloc.end_frame();
        drop(kept);
    });
    let mut seen = (0, 0, Vec::new());
    for kind in kinds(&log) {
        match kind {
            EventKind::BudgetPassed { budget, event } => {
                assert_eq!(&*budget, "tag t");
                assert!(event.to_string().contains("the soft threshold is 800"), "{event}");
                seen.0 += 1;
            }
            EventKind::BudgetRefused { budget, limit, used, requested } => {
                assert_eq!((&*budget, limit), ("tag t", 1000));
                assert!(used + requested > limit, "{used} + {requested}");
                seen.1 += 1;
            }
            EventKind::Settled { name, tag, policy, bytes, failure } => {
                assert_eq!(&*tag, "t");
                seen.2.push((name, policy, bytes, failure));
            }
            _ => {}
        }
    }
    assert_eq!((seen.0, seen.1), (1, 2), "the box, and the value that was to be promoted");
    assert_eq!(
        seen.2,
        [
            ("small", RetentionPolicy::PromoteToPool, 1, None),
            ("large", RetentionPolicy::PromoteToHeap, 200, Some(FailureReason::BudgetExceeded)),
        ]
    );
}

// fa:allow(FA606): that it is safe after the end of its frame, and finds what it should, is what this shows
/// A subscriber that uses the allocator in every way, from within every event.
#[test]
fn subscribers_may_do_everything() {
    let fixture = Fixture::new(AllocConfig::minimal().with_memory_limit(4 << 20)).unlimited();
    let cell = Arc::new(OnceLock::<SmartAlloc>::new());
    let inner = Arc::clone(&cell);
    let inside = Arc::new(Mutex::new(0_u64));
    let counted = Arc::clone(&inside);
    let subscription = fixture.alloc.subscribe(move |event| {
        let Some(alloc) = inner.get() else { return };
        *counted.lock().unwrap() += 1;
        alloc.end_frame();
        alloc.begin_frame();
        let _tag = alloc.tag_scope("subscriber");
        let _phase = alloc.phase_scope("subscriber");
        let kept = alloc.frame_box([event.frame; 20]);
        let frame = alloc.frame();
        frame.slice_from_fn(5000, |n| n);
        drop(alloc.frame_retained(1, RetentionPolicy::PromoteToHeap));
        drop((alloc.pool_box(1), alloc.heap_box(2), alloc.subscribe(|_| ())));
        alloc.end_frame();
        assert_eq!(*kept, [event.frame; 20]);
        if event.frame % 3 == 0 {
            alloc.begin_frame();
        }
        if event.frame % 7 == 0 {
            panic!("a subscriber at {event:?}");
        }
    });
    cell.set(fixture.alloc.clone()).unwrap();
    on_thread(|| {
        let alloc = &fixture.alloc;
        alloc.set_tag_budget("t", Budget::bytes(4000));
        for round in 0..30_u64 {
            alloc.begin_frame();
            let kept = alloc.frame_box([round; 30]);
            alloc.with_tag("t", |alloc| alloc.frame().slice_from_fn(800, |n| n as u64).len());
            drop(alloc.frame_retained(round, RetentionPolicy::PromoteToPool));
            if let Ok(checkpoint) = alloc.try_frame_checkpoint() {
                drop(alloc.frame_box([0_u8; 9000]));
                let _ = alloc.rollback_to(&checkpoint);
            }
            alloc.end_frame();
            assert_eq!(*kept, [round; 30]);
            drop(kept);
            drop(alloc.take_promotions());
        }
        while alloc.is_frame_active() {
            alloc.end_frame();
        }
        alloc.end_frame();
        drop(alloc.take_promotions());
        assert_eq!(alloc.stats().total.frame.live_bytes, 0);
    });
    assert!(*inside.lock().unwrap() > 60 && fixture.alloc.subscriber_panics() > 0);
    drop((subscription, cell));
    fixture.assert_all_freed();
}

#[test]
fn a_strict_panic_at_the_end_of_a_frame_does_not_lose_its_event() {
    let fixture = Fixture::strict(Strict::Errors);
    on_thread(|| {
        let alloc = &fixture.alloc;
        let (log, _subscription) = record(alloc);
        alloc.begin_frame();
        let kept = alloc.frame_box([0_u8; 16]);
        assert!(caught(|| alloc.end_frame()).contains("FA601"));
        drop(kept);
        assert_eq!(frames(&log), [None, Some((16, 1, 1))]);
    });
    fixture.assert_all_freed();
}

#[test]
fn a_subscriber_that_goes_while_it_is_called() {
    let fixture = Fixture::small();
    let slot = Arc::new(Mutex::new(None::<Subscription>));
    let (own, calls) = (Arc::clone(&slot), Arc::new(Mutex::new(0)));
    let counted = Arc::clone(&calls);
    let subscription = fixture.alloc.subscribe(move |_| {
        *counted.lock().unwrap() += 1;
        drop(own.lock().unwrap().take());
    });
    *slot.lock().unwrap() = Some(subscription);
    on_thread(|| {
        for _ in 0..3 {
            fixture.alloc.begin_frame();
            fixture.alloc.end_frame();
        }
    });
    assert_eq!(*calls.lock().unwrap(), 1);
    fixture.assert_all_freed();
}

#[test]
fn a_subscription_may_outlive_its_allocator() {
    let fixture = Fixture::small();
    let (log, subscription) = record(&fixture.alloc);
    drop(fixture);
    assert_eq!(kinds(&log), []);
    drop(subscription);
}

#[test]
fn threads_join_leave_and_subscribe_at_once() {
    let fixture = Fixture::small();
    let log = Log::default();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..20 {
                    on_thread(|| {
                        let kept = Arc::clone(&log);
                        let subscription = fixture.alloc.subscribe(move |event: &Event| {
                            if let EventKind::FrameEnded { bytes, .. } = event.kind {
                                assert_eq!(bytes % 104, 0);
                                kept.lock().unwrap().push(event.clone());
                            }
                        });
                        for n in 0..20 {
                            fixture.alloc.begin_frame();
                            for _ in 0..n {
                                fixture.alloc.frame().alloc([0_u8; 100]);
                            }
                            fixture.alloc.end_frame();
                        }
                        drop(subscription);
                    });
                }
            });
        }
    });
    assert!(log.lock().unwrap().len() >= 4 * 20 * 20, "each hears at least its own");
    assert_eq!(fixture.alloc.subscriber_panics(), 0);
    fixture.assert_all_freed();
}

#[test]
fn the_filter_alone_makes_no_news() {
    let fixture = Fixture::small();
    on_thread(|| {
        let alloc = &fixture.alloc;
        alloc.enable_behavior_filter();
        alloc.begin_frame();
        drop(alloc.frame_alloc_batch::<u8>(50_000));
        alloc.end_frame();
        let (log, _subscription) = record(alloc);
        alloc.begin_frame();
        alloc.end_frame();
        let frames_only = kinds(&log)
            .iter()
            .all(|kind| matches!(kind, EventKind::FrameBegun { .. } | EventKind::FrameEnded { .. }));
        assert!(frames_only, "what happened before the subscription is not told");
    });
    fixture.assert_all_freed();
}
