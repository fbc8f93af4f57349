//! Systems that say what they do with the ordinary heap, and the traffic of tags and phases, with `Tracking` installed.

use std::alloc::System;
use std::hint::black_box;

use framealloc::diagnostics::{BF004, Severity, Strict};
use framealloc::{AllocConfig, SmartAlloc, StreamPriority, Tracking, frame_system};
use framealloc_tests::{Fixture, caught, on_thread};

#[global_allocator]
static GLOBAL: Tracking<System> = Tracking::new(System);

#[frame_system(tag = "heap/warned", heap = "warn")]
fn warned(_alloc: &SmartAlloc, boxes: usize) {
    for n in 0..boxes {
        drop(black_box(Box::new(n)));
    }
}

#[frame_system(tag = "heap/denied", heap = "deny", frame = frame)]
fn denied(_alloc: &SmartAlloc, boxes: usize) -> u64 {
    for n in 0..boxes {
        drop(black_box(Box::new(n)));
    }
    #[frame_local]
    let mut list: Vec<u64>;
    list.extend(0..10_000);
    frame.slice_from_fn(10_000, |n| n as u64);
    list.iter().sum()
}

#[frame_system(tag = "heap/allowed")]
fn allowed(alloc: &SmartAlloc) {
    drop(black_box(vec![0_u8; 1000]));
    warned(alloc, 2);
}

#[frame_system(tag = "heap/denied_and_panics", heap = "deny")]
fn denied_and_panics(_alloc: &SmartAlloc) {
    drop(black_box(Box::new(1)));
    panic!("the system's own panic");
}

#[frame_system(tag = "heap/movable", heap = "deny", frame = frame)]
fn moves_and_streams(alloc: &SmartAlloc) {
    let handles = alloc.handles();
    let mut objects = frame.vec();
    objects.extend((0..5000_u64).map(|n| handles.alloc([n; 10])));
    objects.iter().skip(1).step_by(2).for_each(|object| assert!(handles.free(*object)));
    assert!(handles.defragment(usize::MAX).bytes_moved > 0);
    assert!(objects.iter().step_by(2).all(|object| handles.free(*object)));

    let streaming = alloc.streaming();
    streaming.set_budget(5000);
    let first = streaming.reserve(3000, StreamPriority::Normal).unwrap();
    streaming.write(first, &[1; 3000]).unwrap();
    streaming.finish_load(first).unwrap();
    assert_eq!(streaming.access(first).unwrap()[0], 1);
    let second = streaming.reserve(3000, StreamPriority::Normal).unwrap();
    assert!(streaming.access(first).is_err() && streaming.release(first) && streaming.release(second));
}

#[test]
fn handles_and_streaming_are_not_the_programs_heap_use() {
    let fixture = Fixture::small();
    moves_and_streams(&fixture.alloc);
    assert!(fixture.reports(&BF004).is_empty());
    assert_eq!(fixture.alloc.intent_report().system("moves_and_streams").unwrap().heap_calls, 0);
}

#[test]
fn warned_systems_are_reported() {
    let fixture = Fixture::small().unlimited();
    let alloc = &fixture.alloc;
    warned(alloc, 0);
    assert!(fixture.reports(&BF004).is_empty(), "silent on one that keeps its word");
    warned(alloc, 3);
    let report = &fixture.reports(&BF004)[0];
    assert_eq!((report.system, report.severity), (Some("warned"), Severity::Warning));
    assert_eq!(report.tag.as_deref(), Some("heap/warned"));
    assert!(report.message.contains("3 times"), "{}", report.message);
    let intent = alloc.intent_report();
    let system = intent.system("warned").unwrap();
    assert_eq!((system.runs, system.heap_calls), (2, 3));
}

#[test]
fn denied_systems_panic_when_they_end() {
    let fixture = Fixture::small();
    let alloc = &fixture.alloc;
    for _ in 0..50 {
        assert_eq!(denied(alloc, 0), 49_995_000, "frames that grow take their chunks elsewhere");
    }
    let text = caught(|| denied(alloc, 2));
    assert!(text.contains("denied") && text.contains("2 times"), "{text}");
    assert_eq!(fixture.reports(&BF004)[0].severity, Severity::Error);
    assert_eq!(
        (alloc.current_tag(), alloc.stats().total.frame.live_bytes),
        (None, 0),
        "it was left in order"
    );
    assert_eq!(denied(alloc, 0), 49_995_000);
    assert_eq!(caught(|| denied_and_panics(alloc)), "the system's own panic");
}

#[test]
fn the_behaviour_filter_knows_of_it() {
    let fixture = Fixture::small();
    let alloc = &fixture.alloc;
    alloc.enable_behavior_filter();
    warned(alloc, 0);
    assert!(alloc.behavior_report().issues.is_empty());
    warned(alloc, 2);
    allowed(alloc);
    let report = alloc.behavior_report();
    let [issue] = &report.issues[..] else { panic!("{report}") };
    assert_eq!((issue.code, &*issue.tag, issue.occurrences), ("BF004", "heap/warned", 2));
    assert!(issue.message.contains("2 times in one run"), "{}", issue.message);
}

#[test]
fn what_knowing_costs_is_not_the_programs() {
    let fixture = Fixture::small();
    let alloc = &fixture.alloc;
    alloc.enable_behavior_filter();
    let events = std::sync::Arc::new(std::sync::atomic::AtomicU64::new(0));
    let counted = std::sync::Arc::clone(&events);
    let _subscription = alloc.subscribe(move |_| {
        counted.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    });
    let before = framealloc::tracking::thread_counters();
    for _ in 0..30 {
        alloc.begin_frame();
        drop((alloc.frame_box([0_u8; 5000]), alloc.pool_box(1), alloc.heap_box(2)));
        drop(alloc.frame_retained(1, framealloc::RetentionPolicy::Discard));
        denied(alloc, 0);
        alloc.end_frame();
    }
    let used = framealloc::tracking::thread_counters() - before;
    assert_eq!((used.allocations, used.frees), (0, 0));
    assert!(events.load(std::sync::atomic::Ordering::Relaxed) > 60);
    assert_eq!(alloc.behavior_report().issues.len(), 1, "{}", alloc.behavior_report());
}

#[test]
fn a_strict_panic_about_the_heap_leaves_the_system_in_order() {
    let fixture = Fixture::strict(Strict::Warnings);
    on_thread(|| {
        let alloc = &fixture.alloc;
        assert!(caught(|| warned(alloc, 1)).contains("BF004"));
        assert_eq!((alloc.current_tag(), alloc.stats().total.frame.live_bytes), (None, 0));
        warned(alloc, 0);
    });
    fixture.assert_all_freed();
}

#[test]
fn traffic_is_charged_to_tag_and_phase() {
    let fixture = Fixture::new(AllocConfig::default());
    let alloc = &fixture.alloc;
    alloc.begin_frame();
    let kept = alloc.with_tag("a", |alloc| {
        let _phase = alloc.phase_scope("load");
        drop(black_box(vec![0_u8; 1000]));
        black_box(vec![0_u8; 500])
    });
    alloc.with_tag("b", |_| drop(kept));
    let traffic = |tag: &str| alloc.tag_stats(tag).unwrap().traffic;
    let (a, b) = (traffic("a"), traffic("b"));
    assert_eq!((a.allocations, a.allocated_bytes, a.frees, a.freed_bytes), (2, 1500, 1, 1000));
    assert_eq!((b.allocations, b.frees, b.freed_bytes), (0, 1, 500), "frees count on the freeing tag");
    assert_eq!(alloc.phase_stats().get("load").unwrap().heap_calls, 2);
    assert_eq!(traffic("a").allocations, alloc.tag_stats("a").unwrap().inclusive.traffic.allocations);
    alloc.end_frame();
    allowed(alloc);
    let traffic = traffic("heap/allowed");
    assert_eq!(
        (traffic.allocations, traffic.allocated_bytes),
        (1, 1000),
        "without those of the system inside"
    );
    let report = alloc.intent_report();
    assert_eq!(report.system("allowed").unwrap().heap_calls, 3, "with those of the system inside");
    let rows = report.to_string();
    let row = rows.lines().find(|row| row.starts_with("allowed ")).unwrap();
    assert!(report.tracked && row.split_whitespace().rev().nth(1) == Some("3"), "{row}");
}

#[test]
fn the_library_does_not_count_itself() {
    let fixture = Fixture::small();
    let alloc = &fixture.alloc;
    let before = framealloc::tracking::thread_counters();
    for n in 0..20 {
        let _tag = alloc.tag_scope(["a", "b", "c", "d"][n % 4]);
        let _phase = alloc.phase_scope(["p", "q"][n % 2]);
        alloc.begin_frame();
        let frame = alloc.frame();
        frame.slice_from_fn(3000, |n| n);
        drop((alloc.frame_box(1), alloc.pool_box(2), alloc.heap_box(3)));
        denied(alloc, 0);
        alloc.end_frame();
    }
    let used = framealloc::tracking::thread_counters() - before;
    assert_eq!((used.allocations, used.frees), (0, 0));
}

// fa:allow(FA601, FA603): what is reported of frames that end too early is what this shows
#[frame_system(tag = "heap/reporting", heap = "deny", budget = 64, on_exceed = "fail", frame = frame)]
fn reporting(alloc: &SmartAlloc) {
    assert!(frame.try_alloc([0_u8; 100]).is_err());
    std::mem::forget(frame.boxed(1));
    drop(alloc.frame_box(1));
    alloc.end_frame();
    alloc.begin_frame();
    alloc.begin_frame();
    alloc.end_frame();
    let kept = alloc.frame_box(1);
    alloc.end_frame();
    drop(kept);
}

#[test]
fn what_reports_cost_is_not_the_systems() {
    let fixture = Fixture::small().unlimited();
    reporting(&fixture.alloc);
    let mut codes = fixture.codes();
    codes.sort_unstable();
    assert_eq!(codes, ["FA001", "FA002", "FA003", "FA312", "FA601", "FA608"]);
}
