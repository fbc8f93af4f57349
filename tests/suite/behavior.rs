//! The behaviour filter: it fires on programs that misbehave, and is silent on those that do not.

use std::sync::{Arc, Mutex, mpsc};

use framealloc::diagnostics::{BF001, BF002, BF003, Code, Strict};
use framealloc::{
    AllocConfig, AllocError, BehaviorIssue, BehaviorThresholds, FrameBox, RetentionPolicy, SmartAlloc,
};
use framealloc_tests::{Fixture, caught, on_thread};

fn frames(alloc: &SmartAlloc, count: usize, mut work: impl FnMut(usize)) {
    for n in 0..count {
        alloc.begin_frame();
        work(n);
        alloc.end_frame();
    }
}

fn filtered() -> Fixture {
    let fixture = Fixture::small();
    on_thread(|| fixture.alloc.enable_behavior_filter());
    fixture
}

/// The only issue, which the sinks were told of, too.
#[track_caller]
fn only(fixture: &Fixture, code: &Code) -> BehaviorIssue {
    let report = fixture.alloc.behavior_report();
    let [issue] = &report.issues[..] else { panic!("{report}") };
    assert_eq!((issue.code, report.enabled), (code.id, true));
    let told = fixture.reports(code);
    assert_eq!(told.len(), 1, "told once");
    assert_eq!(
        (told[0].message.as_str(), told[0].tag.as_deref()),
        (issue.message.as_str(), Some(&*issue.tag))
    );
    assert_eq!(told[0].suggestion.as_deref(), Some(issue.suggestion));
    issue.clone()
}

#[track_caller]
fn assert_silent(fixture: &Fixture) {
    let report = fixture.alloc.behavior_report();
    assert!(report.issues.is_empty() && report.frames > 0, "{report}");
    assert!(!fixture.codes().iter().any(|code| code.starts_with("BF")), "{:?}", fixture.codes());
}

/// What a good program does: frame data in frames, lasting data in the pool, few promotions.
fn behave(alloc: &SmartAlloc, count: usize) {
    let mut lasting = Vec::new();
    frames(alloc, count, |n| {
        let _tag = alloc.tag_scope("good");
        for value in 0..200 {
            drop(alloc.frame_box(value));
        }
        lasting.push(alloc.pool_box(n));
        if lasting.len() > 5 {
            drop(lasting.remove(0));
        }
        if n % 3 == 0 {
            (0..5).for_each(|_| drop(alloc.frame_retained_named("mesh", n, RetentionPolicy::PromoteToPool)));
        }
        drop(alloc.frame_retained(n, RetentionPolicy::Discard));
    });
    drop(alloc.take_promotions());
}

#[test]
fn good_programs_are_left_alone() {
    let fixture = filtered();
    on_thread(|| {
        behave(&fixture.alloc, 100);
        assert_silent(&fixture);
    });
    fixture.assert_all_freed();
}

#[test]
fn a_frame_that_handles_keep_is_noticed() {
    let fixture = filtered();
    on_thread(|| {
        let alloc = &fixture.alloc;
        let mut kept: Option<FrameBox<'_, [u8; 300]>> = None;
        frames(alloc, 3, |n| {
            let _tag = alloc.tag_scope("cache");
            if n == 2 {
                kept = Some(alloc.frame_box([0_u8; 300]));
            }
        });
        frames(alloc, 10, |_| ());
        assert!(alloc.behavior_report().issues.is_empty(), "ten frames are allowed");
        frames(alloc, 30, |_| ());
        let issue = only(&fixture, &BF001);
        assert_eq!((&*issue.tag, issue.frame, issue.occurrences), ("cache", 14, 1));
        assert!(issue.message.contains("ended in frame 3 with 1 handles alive"), "{}", issue.message);
        drop(kept);
    });
    fixture.assert_all_freed();
}

#[test]
fn handles_that_go_in_time_are_no_issue() {
    let fixture = filtered();
    on_thread(|| {
        let alloc = &fixture.alloc;
        let mut kept = std::collections::VecDeque::new();
        frames(alloc, 60, |n| {
            kept.push_back(alloc.frame_box(n));
            if kept.len() > 9 {
                kept.pop_front();
            }
        });
        assert_silent(&fixture);
    });
    fixture.assert_all_freed();
}

#[test]
fn what_is_retained_again_and_again_is_noticed() {
    let fixture = filtered();
    on_thread(|| {
        let alloc = &fixture.alloc;
        frames(alloc, 40, |n| {
            let _tag = alloc.tag_scope("nav");
            (0..50).for_each(|_| drop(alloc.frame_box(1)));
            drop(alloc.frame_retained_named("grid", [n; 4], RetentionPolicy::PromoteToHeap));
            if n % 2 == 0 {
                drop(alloc.frame_retained_named("now and then", n, RetentionPolicy::PromoteToPool));
            }
        });
        let issue = only(&fixture, &BF001);
        assert_eq!((&*issue.tag, issue.frame), ("nav", 11));
        assert_eq!(issue.occurrences, 30, "in each frame from then on");
        assert!(issue.message.contains("`grid` (32 bytes)"), "{}", issue.message);
        drop(alloc.take_promotions());
    });
    fixture.assert_all_freed();
}

#[test]
fn pool_objects_of_one_frame_are_noticed() {
    let fixture = filtered();
    on_thread(|| {
        let alloc = &fixture.alloc;
        frames(alloc, 30, |_| {
            let _tag = alloc.tag_scope("particles");
            drop(alloc.pool_box([0_u8; 40]));
            drop(alloc.with_tag("large", |alloc| alloc.pool_box([0_u8; 40_000])));
        });
        let report = alloc.behavior_report();
        let tags: Vec<_> = report.issues.iter().map(|issue| (issue.code, &*issue.tag, issue.frame)).collect();
        assert_eq!(tags, [("BF002", "particles", 10), ("BF002", "particles/large", 10)]);
        assert!(report.issues[0].message.contains("10 of 10"), "{}", report.issues[0].message);
        assert_eq!(fixture.reports(&BF002).len(), 2);
    });
    fixture.assert_all_freed();
}

#[test]
fn pool_objects_that_another_thread_frees_in_the_frame_are_noticed() {
    let fixture = filtered();
    on_thread(|| {
        let alloc = &fixture.alloc;
        std::thread::scope(|scope| {
            let (send, receive) = mpsc::channel();
            let (done, wait) = mpsc::channel();
            let worker = scope.spawn(move || {
                for object in receive {
                    drop(object);
                    done.send(()).unwrap();
                }
            });
            frames(alloc, 20, |n| {
                send.send(alloc.pool_box(n)).unwrap();
                wait.recv().unwrap();
            });
            drop(send);
            worker.join().unwrap();
        });
        only(&fixture, &BF002);
    });
    fixture.assert_all_freed();
}

#[test]
fn pool_objects_that_live_on_are_no_issue() {
    let fixture = filtered();
    on_thread(|| {
        let alloc = &fixture.alloc;
        let mut lasting = Vec::new();
        frames(alloc, 50, |n| {
            (0..20).for_each(|_| lasting.push(alloc.pool_box(n)));
            // A few are of one frame.
            drop(alloc.pool_box(n));
            lasting.drain(..lasting.len().saturating_sub(100));
        });
        assert_silent(&fixture);
    });
    fixture.assert_all_freed();
}

#[test]
fn frames_that_promote_much_are_noticed() {
    let fixture = filtered();
    on_thread(|| {
        let alloc = &fixture.alloc;
        let promote = |count: usize| {
            let _tag = alloc.tag_scope("loader");
            (0..count).for_each(|n| drop(alloc.frame_retained(n, RetentionPolicy::PromoteToPool)));
        };
        let fill = |count: usize| (0..count).for_each(|n| drop(alloc.frame_box(n)));
        for (filled, promoted) in [(0, 3), (95, 5), (0, 0), (400, 20)] {
            frames(alloc, 1, |_| {
                fill(filled);
                promote(promoted);
            });
        }
        assert_silent(&fixture);
        frames(alloc, 1, |_| {
            fill(94);
            alloc.frame().retain(7, RetentionPolicy::PromoteToHeap);
            promote(5);
        });
        let issue = only(&fixture, &BF003);
        assert_eq!((&*issue.tag, issue.frame), ("loader", 5));
        assert!(issue.message.contains("6 of 100 frame allocations (6 %)"), "{}", issue.message);
        drop(alloc.take_promotions());
    });
    fixture.assert_all_freed();
}

#[test]
fn thresholds_are_the_programs() {
    let fixture = Fixture::small();
    on_thread(|| {
        let alloc = &fixture.alloc;
        let thresholds = BehaviorThresholds::default()
            .with_long_lived_frames(1)
            .with_same_frame_objects(2)
            .with_promotion_percent(50)
            .with_least_promotions(1);
        alloc.enable_behavior_filter_with(thresholds).unwrap();
        frames(alloc, 2, |_| {
            drop(alloc.pool_box(1));
            drop(alloc.frame_retained(1, RetentionPolicy::PromoteToPool));
        });
        let report = alloc.behavior_report();
        let mut codes: Vec<_> = report.issues.iter().map(|issue| issue.code).collect();
        codes.sort_unstable();
        assert_eq!(codes, ["BF001", "BF002", "BF003"], "{report}");
        let text = report.to_string();
        assert!(text.starts_with("3 issues in 2 frames\n") && text.contains("= help: "), "{text}");

        let wrong = BehaviorThresholds::default().with_promotion_percent(100);
        let error = alloc.enable_behavior_filter_with(wrong).unwrap_err();
        assert!(matches!(error, AllocError::InvalidConfig { field: "promotion_percent", .. }));
        assert_eq!(alloc.behavior_report(), report, "what was found stays");
        alloc.enable_behavior_filter();
        assert!(alloc.behavior_report().issues.is_empty(), "it starts afresh");
        drop(alloc.take_promotions());
    });
    fixture.assert_all_freed();
}

#[test]
fn off_is_off() {
    let fixture = Fixture::small();
    let misbehave = || {
        let mut kept = Vec::new();
        frames(&fixture.alloc, 30, |n| {
            drop(fixture.alloc.pool_box(n));
            (0..9).for_each(|_| drop(fixture.alloc.frame_retained(n, RetentionPolicy::PromoteToPool)));
            if n == 0 {
                kept.push(fixture.alloc.frame_box(n));
            }
        });
        drop(fixture.alloc.take_promotions());
    };
    on_thread(|| {
        let alloc = &fixture.alloc;
        misbehave();
        let report = alloc.behavior_report();
        assert_eq!((report.enabled, report.frames, report.issues.len()), (false, 0, 0));
        alloc.enable_behavior_filter();
        misbehave();
        let found = alloc.behavior_report();
        assert_eq!(found.issues.len(), 3, "{found}");
        alloc.disable_behavior_filter();
        alloc.disable_behavior_filter();
        misbehave();
        let after = alloc.behavior_report();
        assert_eq!((after.enabled, after.frames, &after.issues), (false, found.frames, &found.issues));
        // Pool objects are not charged one by one any more, and what is alive is right.
        let kept = alloc.pool_box([0_u8; 100]);
        assert_eq!(alloc.pool_stats().live_objects, 1);
        drop(kept);
    });
    fixture.assert_all_freed();
}

#[test]
fn strict_mode_panics_when_the_frame_is_over() {
    let fixture = Fixture::with(AllocConfig::minimal().with_strict(Strict::Warnings));
    on_thread(|| {
        let alloc = &fixture.alloc;
        alloc.enable_behavior_filter();
        frames(alloc, 9, |_| drop(alloc.pool_box(1)));
        alloc.begin_frame();
        drop(alloc.pool_box(1));
        assert!(caught(|| alloc.end_frame()).contains("BF002"));
        assert!(!alloc.is_frame_active());
        frames(alloc, 5, |_| drop(alloc.pool_box(1)));
        assert_eq!(alloc.behavior_report().frames, 15);
    });
    fixture.assert_all_freed();
}

#[test]
fn the_filter_and_budgets_count_the_same() {
    let fixture = filtered();
    on_thread(|| {
        let alloc = &fixture.alloc;
        alloc.set_tag_budget("t", 10_000_usize);
        let mut kept = Vec::new();
        frames(alloc, 40, |n| {
            if n == 20 {
                alloc.disable_behavior_filter();
            }
            let _tag = alloc.tag_scope("t");
            kept.push(alloc.pool_box([0_u8; 64]));
            drop(alloc.pool_box([0_u8; 64]));
        });
        assert_eq!(alloc.tag_budget("t").unwrap().used, 40 * 64);
        kept.clear();
        assert_eq!(alloc.tag_budget("t").unwrap().used, 0);
    });
    fixture.assert_all_freed();
}

#[test]
fn threads_misbehave_at_once() {
    let fixture = filtered();
    let alloc = &fixture.alloc;
    let passed = Arc::new(Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        let work = || {
            frames(alloc, 200, |n| {
                let kept = alloc.pool_box(n);
                passed.lock().unwrap().push(kept);
                let taken = passed.lock().unwrap().pop();
                drop(taken);
                drop(alloc.frame_retained(n, RetentionPolicy::PromoteToPool));
            });
        };
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(work)).collect();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    });
    on_thread(|| {
        passed.lock().unwrap().clear();
        drop(alloc.take_promotions());
    });
    assert!(alloc.behavior_report().frames >= 200);
    assert_eq!(fixture.stats().total.live_bytes(), 0);
    assert!(fixture.reports(&BF001).len() + fixture.reports(&BF003).len() <= 2);
    fixture.assert_all_freed();
}
