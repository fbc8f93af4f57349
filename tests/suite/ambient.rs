//! Ambient frames: who drives, who reports, and what happens to workers that never end theirs.

use std::sync::Barrier;
use std::thread;

use framealloc::diagnostics::{FA001, FA002, FA003, FA601, Severity, Strict};
use framealloc::{AllocConfig, FrameVec};
use framealloc_tests::{Fixture, caught, on_thread};

#[test]
fn fa001_names_its_place_once_per_call_site() {
    let fixture = Fixture::small();
    let alloc = &fixture.alloc;
    for _ in 0..3 {
        drop(alloc.frame_box(1));
        alloc.end_frame();
    }
    let line = line!() - 3;
    let reports = fixture.reports(&FA001);
    assert_eq!(reports.len(), 1);
    let location = reports[0].location.expect("a call site");
    assert_eq!((location.file(), location.line()), (file!(), line));
    assert_eq!((reports[0].severity, reports[0].frame), (Severity::Warning, 0));
    let _tag = alloc.tag_scope("ai");
    let _phase = alloc.phase_scope("think");
    drop(alloc.frame_vec::<u8>());
    let report = &fixture.reports(&FA001)[1];
    assert_eq!((report.tag.as_deref(), report.phase.as_deref()), (Some("ai"), Some("think")));
    assert!(report.to_string().contains("begin_frame"), "says what to write instead");
}

#[test]
fn every_ambient_form_reports_its_own_caller() {
    let fixture = Fixture::small().unlimited();
    let alloc = &fixture.alloc;
    let mut expected = 0;
    let mut check = |line: u32| {
        alloc.diagnostics().set_rate_limit(framealloc::diagnostics::RateLimit::Off);
        let reports = fixture.reports(&FA001);
        expected += 1;
        assert_eq!(reports.len(), expected, "line {line}");
        let location = reports[expected - 1].location.expect("a call site");
        assert_eq!((location.file(), location.line()), (file!(), line));
        alloc.end_frame();
    };
    macro_rules! each {
        ($($form:expr),* $(,)?) => {$(
            {
                let _form = $form;
            }
            check(line!());
        )*};
    }
    each!(alloc.frame_box(1));
    each!(alloc.try_frame_box(1));
    each!(alloc.frame_box(()));
    each!(alloc.frame_box_default::<u8>());
    each!(alloc.frame_slice::<u8>(3));
    each!(alloc.frame_slice_from_fn(3, |n| n));
    each!(alloc.frame_vec::<u8>());
    each!(alloc.frame_vec_with_capacity::<u8>(4));
    each!(alloc.frame_vec_bounded::<u8>(4));
    each!(alloc.frame_map::<u8, u8>());
    each!(alloc.frame_map_bounded::<u8, u8>(4));
    each!(alloc.frame_set::<u8>());
    each!(alloc.frame_string());
    each!(alloc.frame_alloc::<u8>());
    each!(alloc.frame_alloc_batch::<u8>(4));
    each!(alloc.frame_alloc_2::<u8>());
    each!(alloc.frame_alloc_4::<u8>());
    each!(alloc.frame_alloc_8::<u8>());
    each!(alloc.frame_array([1, 2]));
    each!(alloc.frame_ref());
    each!(alloc.frame_checkpoint());
    each!(alloc.checkpoint_guard());
    each!(alloc.frame_retained(1, framealloc::RetentionPolicy::Discard));
    each!(alloc.frame_with_importance(1, framealloc::Importance::Ephemeral));
    each!(alloc.try_frame_layout(std::alloc::Layout::new::<u8>()));
    each!(alloc.speculative(|| Ok::<(), ()>(())).is_ok());
}

// fa:allow(FA601): what becomes of a handle that outlives its frame is what this shows
#[test]
fn fa002_and_fa003_tell_unbalanced_frames() {
    let fixture = Fixture::small();
    let alloc = &fixture.alloc;
    alloc.begin_frame();
    alloc.begin_frame();
    assert_eq!((alloc.frame_number(), fixture.codes()), (1, vec!["FA003"]));
    let kept = alloc.frame_box(1);
    alloc.end_frame();
    assert!(alloc.is_frame_active(), "the inner end ends nothing");
    assert_eq!(fixture.codes(), ["FA003"], "the handle is in the outer frame");
    drop(kept);
    alloc.end_frame();
    assert!(!alloc.is_frame_active());
    alloc.end_frame();
    let line = line!() - 1;
    let report = &fixture.reports(&FA002)[0];
    assert_eq!((report.location.unwrap().line(), report.severity), (line, Severity::Error));
    assert_eq!(fixture.reports(&FA003)[0].severity, Severity::Warning);
    // An end on a thread that did not begin disturbs nobody.
    alloc.begin_frame();
    let kept = alloc.frame_box(5);
    on_thread(|| alloc.end_frame());
    assert!(alloc.is_frame_active());
    assert_eq!(fixture.reports(&FA002).len(), 2);
    drop(kept);
    alloc.end_frame();
    assert!(fixture.reports(&FA601).is_empty());
}

// fa:allow(FA601): what becomes of a handle that outlives its frame is what this shows
#[test]
fn fa601_counts_handles_and_names_tag_and_phase() {
    let fixture = Fixture::small();
    let alloc = &fixture.alloc;
    for _ in 0..2 {
        alloc.begin_frame();
        let boxed = alloc.frame_box(1);
        let vec: FrameVec<'_, u8> = alloc.frame_vec();
        let batch = alloc.frame_alloc_4::<u8>();
        let copy = vec.clone();
        let retained = alloc.frame_retained(2, framealloc::RetentionPolicy::Discard);
        let _tag = alloc.tag_scope("render/ui");
        let _phase = alloc.phase_scope("draw");
        alloc.end_frame();
        drop((boxed, vec, batch, copy, retained));
    }
    let reports = fixture.reports(&FA601);
    assert_eq!(reports.len(), 1, "once per call site");
    assert!(reports[0].message.starts_with("8 handles"), "{}", reports[0].message);
    assert_eq!((reports[0].tag.as_deref(), reports[0].phase.as_deref()), (Some("render/ui"), Some("draw")));
    assert_eq!((reports[0].frame, reports[0].location.unwrap().file()), (1, file!()));
}

#[test]
fn strict_levels_panic_with_the_report() {
    let run = |strict: Strict| {
        let fixture = Fixture::strict(strict);
        let alloc = &fixture.alloc;
        let panics = |work: &dyn Fn()| std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).is_err();
        let fa001 = panics(&|| drop(alloc.frame_box(1)));
        let fa002 = panics(&|| alloc.end_frame());
        alloc.begin_frame();
        let fa003 = panics(&|| alloc.begin_frame());
        [fa001, fa002, fa003]
    };
    assert_eq!(run(Strict::Off), [false, false, false]);
    assert_eq!(run(Strict::Errors), [false, true, false]);
    assert_eq!(run(Strict::Warnings), [true, true, true]);
    let fixture = Fixture::strict(Strict::Errors);
    let text = caught(|| fixture.alloc.end_frame());
    assert!(text.starts_with("error[FA002]") && text.contains(file!()) && text.contains("help"), "{text}");
}

#[test]
fn one_thread_drives_and_the_role_passes_on() {
    let fixture = Fixture::small();
    let alloc = &fixture.alloc;
    on_thread(|| {
        alloc.begin_frame();
        assert_eq!((alloc.frame_number(), alloc.is_frame_active()), (1, true));
        on_thread(|| {
            alloc.begin_frame();
            alloc.end_frame();
            alloc.begin_frame();
            assert_eq!((alloc.frame_number(), alloc.is_frame_active()), (1, true), "a worker's own affair");
            alloc.end_frame();
        });
        assert!(alloc.is_frame_active());
        alloc.end_frame();
        alloc.begin_frame();
        assert_eq!(alloc.frame_number(), 2);
    });
    assert!(!alloc.is_frame_active(), "the driver is gone");
    on_thread(|| {
        alloc.begin_frame();
        assert_eq!((alloc.frame_number(), alloc.is_frame_active()), (3, true));
        alloc.end_frame();
    });
    assert!(fixture.ring.recent().is_empty());
}

/// Runs the driver's frames on this thread and `work` once a frame on a worker, in lockstep.
fn with_worker(fixture: &Fixture, frames: u64, work: impl Fn(u64) + Send + Sync) {
    let barrier = Barrier::new(2);
    thread::scope(|scope| {
        scope.spawn(|| {
            for n in 0..frames {
                barrier.wait();
                work(n);
                barrier.wait();
            }
        });
        for _ in 0..frames {
            fixture.alloc.begin_frame();
            barrier.wait();
            barrier.wait();
            fixture.alloc.end_frame();
        }
    });
}

#[test]
fn workers_that_never_begin_or_end_run_in_bounded_memory() {
    let fixture = Fixture::small();
    let alloc = &fixture.alloc;
    with_worker(&fixture, 400, |n| {
        for _ in 0..50 {
            let boxed = alloc.frame_box([n; 20]);
            assert_eq!(*boxed, [n; 20]);
        }
    });
    assert!(fixture.backend.counts().peak_bytes < 200_000, "{:?}", fixture.backend.counts());
    assert!(fixture.ring.recent().is_empty(), "{:?}", fixture.codes());
}

#[test]
fn workers_that_begin_and_never_end_run_in_bounded_memory() {
    let fixture = Fixture::small();
    let alloc = &fixture.alloc;
    with_worker(&fixture, 400, |n| {
        alloc.begin_frame();
        for _ in 0..50 {
            drop(alloc.frame_box([n; 20]));
        }
    });
    assert!(fixture.backend.counts().peak_bytes < 200_000, "{:?}", fixture.backend.counts());
    assert_eq!(fixture.codes(), ["FA002"], "and are told so");
}

#[test]
fn a_workers_handles_survive_the_frames_of_the_driver() {
    let fixture = Fixture::small();
    let alloc = &fixture.alloc;
    let barrier = Barrier::new(2);
    thread::scope(|scope| {
        scope.spawn(|| {
            barrier.wait();
            alloc.begin_frame();
            let first = alloc.frame_box([1_u64; 100]);
            let mut vec = alloc.frame_vec();
            vec.extend(0..100_u64);
            barrier.wait();
            barrier.wait();
            // The driver is many frames further, this thread is still in its own.
            let second = alloc.frame_box([2_u64; 100]);
            vec.extend(100..5000);
            assert_eq!((*first, *second, vec.len()), ([1; 100], [2; 100], 5000));
            drop((first, second, vec));
            alloc.end_frame();
            assert!(fixture.reports(&FA601).is_empty(), "it ended its own frame in order");
        });
        alloc.begin_frame();
        barrier.wait();
        barrier.wait();
        for _ in 0..20 {
            alloc.end_frame();
            alloc.begin_frame();
            drop(alloc.frame_box([9_u64; 100]));
        }
        barrier.wait();
        alloc.end_frame();
    });
}

#[test]
fn a_stale_frame_with_handles_is_quarantined() {
    let fixture = Fixture::small();
    let alloc = &fixture.alloc;
    let barrier = &Barrier::new(2);
    thread::scope(|scope| {
        scope.spawn(move || {
            barrier.wait();
            let kept = alloc.frame_box([1_u64; 100]);
            barrier.wait();
            barrier.wait();
            let others: Vec<_> =
                (0..100_u64).map(|n| alloc.frame_vec_with_capacity::<u64>(n as usize)).collect();
            assert_eq!(*kept, [1; 100]);
            drop(others);
        });
        alloc.begin_frame();
        barrier.wait();
        barrier.wait();
        alloc.end_frame();
        alloc.begin_frame();
        barrier.wait();
        alloc.end_frame();
    });
    assert_eq!(fixture.reports(&FA601).len(), 1);
}

#[test]
fn ambient_memory_is_recycled_at_once() {
    let fixture = Fixture::new(AllocConfig::minimal());
    let alloc = &fixture.alloc;
    let mut addresses = std::collections::BTreeSet::new();
    for n in 0..100_u64 {
        alloc.begin_frame();
        let boxed = alloc.frame_box([n; 10]);
        addresses.insert(boxed.as_ptr().addr());
        drop(boxed);
        alloc.end_frame();
    }
    assert!(addresses.len() <= 2, "{}", addresses.len());
}

#[test]
fn systems_use_the_ambient_frame_of_their_thread() {
    #[framealloc::frame_system(tag = "outer")]
    fn outer(alloc: &framealloc::SmartAlloc) -> framealloc::FrameBox<'_, [u64; 8]> {
        inner(alloc);
        alloc.frame_box([7; 8])
    }
    #[framealloc::frame_system(tag = "inner")]
    fn inner(alloc: &framealloc::SmartAlloc) {
        drop(alloc.frame_box([1_u64; 8]));
    }
    let fixture = Fixture::small();
    let alloc = &fixture.alloc;
    alloc.begin_frame();
    let boxed = outer(alloc);
    inner(alloc);
    assert_eq!(*boxed, [7; 8], "it does not die with the system");
    let live = |tag| alloc.tag_stats(tag).unwrap().frame.live_bytes;
    assert_eq!((live("outer"), live("inner")), (64, 128));
    drop(boxed);
    alloc.end_frame();
    assert_eq!((live("outer"), live("inner")), (0, 0));
}
