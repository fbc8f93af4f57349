//! Every code of the runtime is made to appear, by a program that makes the mistake it is about.
//!
//! A code without a case here fails the test: there is no code that nothing emits.

use std::alloc::{GlobalAlloc, Layout, System};
use std::collections::BTreeSet;
use std::hint::black_box;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use framealloc::diagnostics::{CODES, CallbackSink, Diagnostic};
use framealloc::{
    AllocConfig, Budget, DeferredConfig, OnExceed, QueueFullPolicy, RetentionPolicy, SmartAlloc, Tracking,
    fa_assert, fa_debug, frame_system,
};
use framealloc_tests::{Fixture, on_thread};

/// The system's heap, tracked from the moment it is said: FA501 is about programs without `Tracking`, BF004 about those
/// with it.
struct TrackedLater;

static TRACKED: AtomicBool = AtomicBool::new(false);
static TRACKING: Tracking<System> = Tracking::new(System);

#[global_allocator]
static GLOBAL: TrackedLater = TrackedLater;

// SAFETY: both branches pass everything on to the system's allocator, so a block may be freed by the other one.
unsafe impl GlobalAlloc for TrackedLater {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: by the caller.
        unsafe { if TRACKED.load(Ordering::Relaxed) { TRACKING.alloc(layout) } else { System.alloc(layout) } }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: by the caller.
        unsafe {
            if TRACKED.load(Ordering::Relaxed) {
                TRACKING.dealloc(block, layout);
            } else {
                System.dealloc(block, layout);
            }
        }
    }
}

#[frame_system(tag = "hot", heap = "warn")]
fn hot(_alloc: &SmartAlloc) {
    drop(black_box(Box::new(1)));
}

fn frames(alloc: &SmartAlloc, count: usize, work: impl Fn(&SmartAlloc)) {
    for _ in 0..count {
        alloc.begin_frame();
        work(alloc);
        alloc.end_frame();
    }
}

/// What makes one code appear.
type Case = (&'static str, fn(&SmartAlloc));

const CASES: &[Case] = &[
    // First, while the heap is not tracked.
    ("FA501", hot),
    ("BF004", |alloc| {
        TRACKED.store(true, Ordering::Relaxed);
        hot(alloc);
    }),
    ("BF001", |alloc| {
        alloc.enable_behavior_filter();
        alloc.begin_frame();
        let kept = alloc.frame_box(1);
        alloc.end_frame();
        frames(alloc, 12, |_| ());
        assert_eq!(*kept, 1);
    }),
    ("BF002", |alloc| {
        alloc.enable_behavior_filter();
        frames(alloc, 12, |alloc| drop(alloc.pool_box(1)));
    }),
    ("BF003", |alloc| {
        alloc.enable_behavior_filter();
        let retain = |alloc: &SmartAlloc| drop(alloc.frame_retained(1, RetentionPolicy::PromoteToPool));
        frames(alloc, 1, |alloc| (0..8).for_each(|_| retain(alloc)));
    }),
    ("FA001", |alloc| drop(alloc.frame_box(1))),
    ("FA002", SmartAlloc::end_frame),
    ("FA003", |alloc| {
        alloc.begin_frame();
        alloc.begin_frame();
    }),
    // The allocator inside is gone when it reports, to the one outside.
    ("FA190", |alloc| {
        let outside = alloc.clone();
        let sink = CallbackSink::new(move |report: &Diagnostic| outside.report(report.clone()));
        let inside = SmartAlloc::new(AllocConfig::default().with_sink(sink)).unwrap();
        std::mem::forget(inside.heap_box(1));
    }),
    ("FA210", |alloc| drop(alloc.frame_box_for_transfer(1))),
    ("FA211", |alloc| {
        let config = DeferredConfig::default()
            .with_max_queue_depth(1)
            .with_policy(QueueFullPolicy::Block)
            .with_block_timeout(Duration::from_millis(1));
        alloc.configure_deferred(config).unwrap();
        alloc.process_deferred();
        thread::scope(|scope| _ = scope.spawn(|| (0..2).for_each(|n| alloc.defer_drop(vec![n]))));
    }),
    ("FA310", |alloc| {
        alloc.set_tag_budget("t", Budget::bytes(100));
        alloc.with_tag("t", |alloc| drop(alloc.heap_box([0_u8; 90])));
    }),
    ("FA311", |alloc| {
        alloc.set_tag_budget("t", Budget::bytes(100));
        alloc.with_tag("t", |alloc| drop(alloc.heap_box([0_u8; 200])));
    }),
    ("FA312", |alloc| {
        alloc.set_tag_budget("t", Budget::bytes(100).on_exceed(OnExceed::Fail));
        alloc.with_tag("t", |alloc| assert!(alloc.try_heap_box([0_u8; 200]).is_err()));
    }),
    ("FA510", |alloc| fa_assert!(alloc, alloc.frame_number() > 0)),
    ("FA511", |alloc| fa_debug!(alloc, "the frame number is {}", alloc.frame_number())),
    ("FA601", |alloc| {
        alloc.begin_frame();
        let kept = alloc.frame_box(1);
        alloc.end_frame();
        assert_eq!(*kept, 1);
    }),
    ("FA608", |alloc| {
        let frame = alloc.frame();
        std::mem::forget(frame.boxed(1));
    }),
    ("FA609", |alloc| {
        alloc.begin_frame();
        let held = alloc.frame_retained(1, RetentionPolicy::PromoteToPool);
        alloc.end_frame();
        assert_eq!(*held, 1);
    }),
];

#[test]
fn every_code_has_a_case_and_every_case_its_code() {
    let catalogue: BTreeSet<&str> = CODES.iter().map(|code| code.id).collect();
    let cases: BTreeSet<&str> = CASES.iter().map(|(id, _)| *id).collect();
    assert_eq!(catalogue, cases, "codes on the left, cases on the right");
    for (id, provoke) in CASES {
        let fixture = Fixture::new(AllocConfig::default());
        on_thread(|| provoke(&fixture.alloc));
        let codes = fixture.codes();
        let expected = match *id {
            // In release builds debugging notes are nothing.
            "FA511" => cfg!(debug_assertions),
            "FA190" => cfg!(feature = "debug"),
            _ => true,
        };
        assert_eq!(codes.contains(id), expected, "{id} among {codes:?}");
        for report in fixture.ring.recent() {
            assert!(!report.message.is_empty() && !report.thread.is_empty(), "{report}");
        }
    }
}
