//! Sinks are foreign code: they allocate, end frames, open guards and panic in the middle of what is reported.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use framealloc::diagnostics::RateLimit;
use framealloc::{Budget, OnExceed, RetentionPolicy, SmartAlloc, TagGuard};
use framealloc_tests::{DropCounter, Fixture, on_thread};

/// Passes a budget in the tag `t`, so that the next switch reports it.
fn pass_a_budget(alloc: &SmartAlloc) -> TagGuard<'_> {
    alloc.set_tag_budget("t", 16_usize);
    let tag = alloc.tag_scope("t");
    drop(alloc.frame_box([0_u8; 64]));
    tag
}

#[test]
fn a_sink_that_ends_the_frame_under_a_rollback() {
    let fixture = Fixture::reacting(|alloc, _| alloc.end_frame());
    on_thread(|| {
        let alloc = &fixture.alloc;
        alloc.begin_frame();
        let checkpoint = alloc.frame_checkpoint();
        let _tag = pass_a_budget(alloc);
        alloc.rollback_to(&checkpoint).unwrap();
        assert!(!alloc.is_frame_active(), "the sink ended the frame when the rollback was done");
        assert!(alloc.rollback_to(&checkpoint).is_err());
        alloc.begin_frame();
        assert_eq!(*alloc.frame_box(3), 3);
        alloc.end_frame();
        assert_eq!(alloc.stats().total.frame.live_bytes, 0);
    });
    fixture.finish();
}

#[test]
fn a_sink_that_ends_the_frame_under_a_commit() {
    let fixture = Fixture::reacting(|alloc, _| alloc.end_frame());
    on_thread(|| {
        let alloc = &fixture.alloc;
        alloc.begin_frame();
        let checkpoint = alloc.frame_checkpoint();
        let _tag = pass_a_budget(alloc);
        alloc.commit(&checkpoint).unwrap();
        assert!(!alloc.is_frame_active(), "the sink ended the frame when the commit was done");
        assert!(alloc.commit(&checkpoint).is_err());
        assert_eq!(*alloc.frame_box(3), 3);
    });
    fixture.finish();
}

#[test]
fn a_sink_that_rolls_back_under_everything() {
    thread_local! {
        static INNER: std::cell::RefCell<Option<framealloc::Checkpoint>> = const { std::cell::RefCell::new(None) };
    }
    let fixture = Fixture::reacting(|alloc, _| {
        if let Some(checkpoint) = INNER.take() {
            let _ = alloc.rollback_to(&checkpoint);
        }
    });
    on_thread(|| {
        let alloc = &fixture.alloc;
        for what in 0..5 {
            alloc.begin_frame();
            let outer = alloc.frame_checkpoint();
            INNER.set(Some(alloc.frame_checkpoint()));
            let guard = alloc.checkpoint_guard();
            let _tag = pass_a_budget(alloc);
            match what {
                0 => alloc.rollback_to(&outer).unwrap(),
                1 => alloc.commit(&outer).unwrap(),
                2 => drop(guard),
                3 => alloc.end_frame(),
                _ => alloc.begin_frame(),
            }
            assert_eq!(*alloc.frame_box(what), what);
            while alloc.is_frame_active() {
                alloc.end_frame();
            }
            alloc.end_frame();
            assert_eq!(alloc.stats().total.frame.live_bytes, 0);
        }
    });
    fixture.finish();
}

#[test]
fn a_sink_that_allocates_everywhere() {
    let reports = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&reports);
    let fixture = Fixture::reacting(move |alloc, _| {
        counted.fetch_add(1, Ordering::Relaxed);
        let frame = alloc.frame();
        frame.slice_from_fn(100, |n| n);
        let _pool = alloc.pool_box([1_u8; 300]);
        let _heap = alloc.heap_box([1_u8; 300]);
        let _ambient = alloc.frame_box([1_u8; 300]);
        let _tag = alloc.tag_scope("sink");
        let _phase = alloc.phase_scope("sink");
        let mut vec = frame.vec();
        vec.extend(0..1000_u32);
    });
    on_thread(|| {
        let alloc = &fixture.alloc;
        alloc.set_tag_budget("hard", Budget::bytes(1000).on_exceed(OnExceed::Fail));
        alloc.set_tag_budget("soft", Budget::bytes(1000).soft(8));
        for round in 0..20_u64 {
            alloc.begin_frame();
            let frame = alloc.frame();
            for tag in ["hard", "soft"] {
                let _tag = alloc.tag_scope(tag);
                let blocks: Vec<_> = (0..30_u64).filter_map(|n| frame.try_alloc([n; 10]).ok()).collect();
                for (n, block) in blocks.iter().enumerate() {
                    assert_eq!(block[..], [n as u64; 10], "round {round}");
                }
                if tag == "hard" {
                    assert_eq!(blocks.len(), 12, "960 of 1000 bytes");
                }
                drop(alloc.try_pool_box([0_u8; 2000]));
                drop(alloc.try_heap_box([0_u8; 2000]));
            }
            drop(frame);
            alloc.end_frame();
        }
        let budget = alloc.tag_budget("hard").unwrap();
        assert_eq!((budget.used, budget.peak), (0, 960), "{budget:?}");
    });
    assert!(reports.load(Ordering::Relaxed) >= 60);
    fixture.finish();
}

// fa:allow(FA606): that it is safe after the end of its frame, and finds what it should, is what this shows
#[test]
fn sinks_that_panic_are_counted_and_hurt_nobody() {
    let fixture = Fixture::reacting(|_, report| panic!("{report}"));
    on_thread(|| {
        let alloc = &fixture.alloc;
        for _ in 0..10 {
            alloc.begin_frame();
            let kept = alloc.frame_box([1_u8; 100]);
            alloc.end_frame();
            alloc.end_frame();
            assert_eq!(*kept, [1; 100]);
        }
        let frame = alloc.frame();
        std::mem::forget(frame.boxed(1));
        drop(frame);
    });
    assert_eq!(fixture.alloc.diagnostics().sink_panics(), 21);
    assert_eq!(fixture.ring.recent().len(), 21, "the other sinks are served");
    fixture.finish();
}

#[test]
fn destructors_of_retained_values_may_use_the_frame_that_ends() {
    struct Meddler(SmartAlloc, Arc<Mutex<Vec<&'static str>>>, DropCounter);
    impl Drop for Meddler {
        fn drop(&mut self) {
            let alloc = &self.0;
            let counted = alloc.frame_box(self.2.make(1));
            drop(alloc.frame_retained(self.2.make(2), RetentionPolicy::Discard));
            let mut vec = alloc.frame_vec();
            vec.extend(0..2000_u32);
            alloc.begin_frame();
            let checkpoint = alloc.frame_checkpoint();
            drop(alloc.frame_box(1));
            let _ = alloc.rollback_to(&checkpoint);
            alloc.end_frame();
            counted.verify();
            assert_eq!(vec.iter().sum::<u32>(), 1_999_000);
            self.1.lock().unwrap().push("dropped");
        }
    }
    let fixture = Fixture::small();
    let counter = DropCounter::default();
    let log = Arc::default();
    on_thread(|| {
        let alloc = &fixture.alloc;
        let meddler = || Meddler(alloc.clone(), Arc::clone(&log), counter.clone());
        for round in 0..10 {
            alloc.begin_frame();
            let checkpoint = alloc.frame_checkpoint();
            drop(alloc.frame_retained(meddler(), RetentionPolicy::Discard));
            drop(alloc.frame_box([round; 100]));
            if round % 2 == 0 {
                alloc.commit(&checkpoint).unwrap();
            }
            drop(alloc.frame_retained(meddler(), RetentionPolicy::Discard));
            alloc.end_frame();
            let frame = alloc.frame();
            drop(frame.retain(meddler(), RetentionPolicy::Discard));
        }
        while alloc.is_frame_active() {
            alloc.end_frame();
        }
        alloc.end_frame();
        alloc.begin_frame();
        alloc.end_frame();
        assert_eq!(alloc.stats().total.frame.live_bytes, 0);
    });
    assert_eq!((log.lock().unwrap().len(), counter.alive()), (30, 0));
    fixture.assert_all_freed();
}

#[test]
fn a_destructor_that_ends_the_frame_under_a_rollback() {
    struct Ends(SmartAlloc, u32);
    impl Drop for Ends {
        fn drop(&mut self) {
            (0..self.1).for_each(|_| self.0.end_frame());
            assert_eq!(*self.0.frame_box(5), 5);
        }
    }
    let fixture = Fixture::small();
    on_thread(|| {
        let alloc = &fixture.alloc;
        for times in 0..3 {
            alloc.begin_frame();
            let outer = alloc.frame_checkpoint();
            let inner = alloc.frame_checkpoint();
            drop(alloc.frame_retained(Ends(alloc.clone(), times), RetentionPolicy::Discard));
            assert_eq!(alloc.rollback_to(&outer), Ok(()));
            assert!(alloc.rollback_to(&inner).is_err());
            alloc.end_frame();
            let guard = alloc.checkpoint_guard();
            drop(alloc.frame_retained(Ends(alloc.clone(), times), RetentionPolicy::Discard));
            drop(guard);
            alloc.end_frame();
            assert_eq!(alloc.stats().total.frame.live_bytes, 0);
        }
    });
    fixture.assert_all_freed();
}

#[test]
fn a_rate_limit_that_is_off_delivers_all() {
    let fixture = Fixture::small();
    let end = || {
        for _ in 0..5 {
            fixture.alloc.end_frame();
        }
    };
    end();
    assert_eq!(fixture.codes(), ["FA002"], "once per call site");
    fixture.alloc.diagnostics().set_rate_limit(RateLimit::First(3));
    fixture.alloc.diagnostics().reset_counts();
    end();
    assert_eq!(fixture.codes().len(), 4);
    fixture.alloc.diagnostics().set_rate_limit(RateLimit::Off);
    end();
    assert_eq!(fixture.codes().len(), 9);
}
