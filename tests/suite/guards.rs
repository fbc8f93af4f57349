//! Guards that unwind, leak, or are dropped out of order.

use std::mem::forget;
use std::panic::{AssertUnwindSafe, catch_unwind};

use framealloc::diagnostics::{FA311, FA601, FA608, FA609, Strict};
use framealloc::{AllocConfig, Budget, Promoted, RetentionPolicy, SmartAlloc};
use framealloc_tests::fixture::leaves_nothing;
use framealloc_tests::model::bury;
use framealloc_tests::{DropCounter, Fixture, caught, on_thread};

fn warnings() -> AllocConfig {
    AllocConfig::minimal().with_strict(Strict::Warnings)
}

#[test]
fn a_strict_panic_at_the_end_of_a_tag_scope_still_ends_it() {
    leaves_nothing(warnings(), |fixture| {
        let alloc = &fixture.alloc;
        alloc.set_tag_budget("ai", 64_usize);
        let frame = alloc.frame();
        let text = caught(|| {
            let _ai = alloc.tag_scope("ai");
            frame.slice_from_fn(100, |_| 0_u8);
        });
        assert!(text.contains("FA311"), "{text}");
        assert_eq!(alloc.current_tag(), None, "the scope is over");
        let report = &fixture.reports(&FA311)[0];
        assert_eq!(report.tag.as_deref(), Some("ai"), "it was exceeded in here");
        drop(frame);
        assert_eq!(alloc.stats().total.frame.live_bytes, 0);
    });
}

#[test]
fn a_strict_panic_at_the_end_of_a_phase_still_ends_it() {
    leaves_nothing(warnings(), |fixture| {
        let alloc = &fixture.alloc;
        alloc.set_phase_budget("update", 64_usize);
        let frame = alloc.frame();
        let text = caught(|| {
            let _update = alloc.phase_scope("update");
            frame.slice_from_fn(100, |_| 0_u8);
        });
        assert!(text.contains("FA311"), "{text}");
        assert_eq!(alloc.current_phase(), None);
    });
}

#[test]
fn a_strict_panic_at_the_end_of_a_frame_still_ends_it() {
    leaves_nothing(warnings(), |fixture| {
        let alloc = &fixture.alloc;
        alloc.set_budget(64_usize);
        let text = caught(|| {
            let frame = alloc.frame();
            frame.slice_from_fn(100, |_| 0_u8);
        });
        assert!(text.contains("FA311"), "{text}");
        assert_eq!(alloc.stats().total.frame.live_bytes, 0);
    });
}

#[test]
fn a_strict_panic_about_a_leaked_handle_still_ends_the_frame() {
    leaves_nothing(warnings(), |fixture| {
        let alloc = &fixture.alloc;
        let text = caught(|| {
            let frame = alloc.frame();
            forget(frame.boxed(1_u8));
        });
        assert!(text.contains("FA608"), "{text}");
        assert_eq!(fixture.reports(&FA608).len(), 1);
        assert_eq!(alloc.stats().total.frame.live_bytes, 0);
    });
}

#[test]
fn a_strict_panic_when_the_last_handle_of_an_ended_frame_drops_loses_nothing() {
    leaves_nothing(warnings(), |fixture| {
        let alloc = &fixture.alloc;
        alloc.begin_frame();
        let kept = alloc.frame_box(7_u32);
        assert!(caught(|| alloc.end_frame()).contains("FA601"));
        alloc.set_thread_frame_budget(1_000_000_usize);
        assert_eq!(*kept, 7);
        drop(kept);
        assert_eq!(alloc.stats().total.frame.live_bytes, 0);
        alloc.begin_frame();
        drop(alloc.frame_box(8_u32));
        alloc.end_frame();
    });
}

#[test]
fn a_strict_panic_about_a_failed_promotion_still_settles_the_others() {
    let counter = DropCounter::default();
    leaves_nothing(warnings(), |fixture| {
        let alloc = &fixture.alloc;
        alloc.create_scratch_pool("tiny", 40).unwrap();
        let text = caught(|| {
            let frame = alloc.frame();
            let policies = [
                RetentionPolicy::PromoteToScratch("tiny"),
                RetentionPolicy::PromoteToScratch("tiny"),
                RetentionPolicy::PromoteToPool,
                RetentionPolicy::Discard,
            ];
            for (name, policy) in ["a", "b", "c", "d"].into_iter().zip(policies) {
                drop(frame.retain_named(name, counter.make(1), policy));
            }
        });
        assert!(text.contains("FA609"), "{text}");
        assert_eq!(fixture.reports(&FA609).len(), 1);
        let mut result = alloc.take_promotions();
        assert!(matches!(result.promotions.take::<framealloc_tests::Counted>("c"), Some(Promoted::Pool(_))));
        assert_eq!((result.summary.count, result.summary.failed_count), (4, 1));
        assert!(result.promotions.take_failed::<framealloc_tests::Counted>("b").is_some(), "nothing is lost");
        drop(result);
    });
    assert_eq!(counter.alive(), 0, "of {} values", counter.made());
}

#[test]
fn a_panicking_destructor_and_a_strict_panic_at_one_frame_end() {
    let counter = DropCounter::default();
    leaves_nothing(AllocConfig::minimal().with_strict(Strict::Errors), |fixture| {
        let alloc = &fixture.alloc;
        alloc.begin_frame();
        drop(alloc.frame_retained(counter.make(1), RetentionPolicy::Discard));
        let kept = alloc.frame_box(counter.make(2));
        counter.panic_every(1);
        let first = caught(|| alloc.end_frame());
        counter.panic_every(0);
        assert!(first.contains("FA601") || first.contains("destructor"), "{first}");
        assert!(!alloc.is_frame_active());
        drop(kept);
        // Whatever the first end told, the next frame is a new one.
        for _ in 0..3 {
            alloc.begin_frame();
            drop(alloc.frame_box(counter.make(3)));
            alloc.end_frame();
        }
    });
    assert_eq!(counter.alive(), 0);
}

#[test]
fn guards_dropped_out_of_order_close_what_lies_above() {
    leaves_nothing(AllocConfig::minimal(), |fixture| {
        let alloc = &fixture.alloc;
        let outer = alloc.tag_scope("outer");
        let phase = alloc.phase_scope("phase");
        let inner = alloc.tag_scope("inner");
        assert_eq!(&*alloc.tag_path(), "outer/inner");
        drop(outer);
        assert_eq!((alloc.current_tag(), alloc.current_phase()), (None, None));
        let other = alloc.tag_scope("other");
        drop(inner);
        drop(phase);
        assert_eq!(&*alloc.tag_path(), "other", "stale guards close nothing");
        drop(other);
        assert_eq!(alloc.current_tag(), None);
    });
}

#[test]
fn leaked_guards_do_no_harm() {
    let fixture = Fixture::small();
    on_thread(|| {
        let alloc = &fixture.alloc;
        for n in 0..100 {
            let outer = alloc.tag_scope("a");
            bury(alloc.tag_scope("b"));
            bury(alloc.phase_scope("p"));
            bury(alloc.checkpoint_guard());
            let frame = alloc.frame();
            assert_eq!(*frame.alloc(n), n);
            drop(outer);
            assert_eq!(alloc.current_tag(), None);
        }
        alloc.end_frame();
    });
    assert_eq!(fixture.alloc.stats().total.frame.live_bytes, 0);
}

#[test]
fn guards_unwind_with_the_panic_they_meet() {
    leaves_nothing(AllocConfig::minimal(), |fixture| {
        let alloc = &fixture.alloc;
        alloc.begin_frame();
        let text = caught(|| {
            let _current = alloc.enter();
            let _tag = alloc.tag_scope("t");
            let _phase = alloc.phase_scope("p");
            let _guard = alloc.checkpoint_guard();
            let frame = alloc.frame();
            let child = frame.child();
            let _handles = (frame.boxed([0_u8; 100]), child.vec_with_capacity::<u64>(50), alloc.frame_box(1));
            panic!("in the middle");
        });
        assert_eq!(text, "in the middle");
        assert_eq!((alloc.current_tag(), alloc.current_phase()), (None, None));
        assert!(SmartAlloc::current().is_none());
        alloc.end_frame();
        assert_eq!(alloc.stats().total.frame.live_bytes, 0);
    });
}

#[test]
fn phases_begun_and_never_ended_leave_nothing() {
    leaves_nothing(AllocConfig::minimal(), |fixture| {
        let alloc = &fixture.alloc;
        alloc.begin_phase("a");
        alloc.begin_phase("b");
        drop(alloc.frame().boxed(1));
    });
}

#[test]
fn end_phase_ends_the_latest_open_one() {
    leaves_nothing(AllocConfig::minimal(), |fixture| {
        let alloc = &fixture.alloc;
        alloc.end_phase();
        alloc.begin_phase("a");
        {
            let _tag = alloc.tag_scope("t");
            alloc.begin_phase("b");
            assert_eq!(alloc.current_phase().as_deref(), Some("b"));
        }
        assert_eq!(alloc.current_phase().as_deref(), Some("a"), "the scope closed what was begun in it");
        alloc.end_phase();
        assert_eq!(alloc.current_phase(), None);
        alloc.end_phase();
        alloc.end_phase();
        assert_eq!(alloc.current_tag(), None);
    });
}

#[test]
fn enter_guards_nest_and_close_what_lies_above() {
    on_thread(|| {
        let (a, b) = (SmartAlloc::with_defaults(), SmartAlloc::with_defaults());
        let is = |alloc: &SmartAlloc| {
            let current = SmartAlloc::current().expect("one is entered");
            format!("{current:?}") == format!("{alloc:?}")
        };
        assert!(SmartAlloc::current().is_none());
        let first = a.enter();
        let second = b.enter();
        assert!(is(&b));
        let third = a.enter();
        assert!(is(&a));
        drop(second);
        assert!(is(&a));
        let fourth = b.enter();
        drop(third);
        assert!(is(&b), "a stale guard leaves nothing");
        drop(first);
        assert!(SmartAlloc::current().is_none());
        drop(fourth);
    });
}

#[test]
fn a_frame_survives_every_guard_it_was_opened_under() {
    leaves_nothing(AllocConfig::minimal(), |fixture| {
        let alloc = &fixture.alloc;
        let frame = {
            let _tag = alloc.tag_scope("t");
            let _phase = alloc.phase_scope("p");
            let frame = alloc.frame();
            frame.alloc([1_u8; 40]);
            frame
        };
        frame.alloc([2_u8; 80]);
        let stats = alloc.stats();
        let live = |path: &str| {
            let tag = stats.tags.iter().find(|tag| &*tag.path == path).expect("the tag was used");
            tag.frame.live_bytes
        };
        assert_eq!((live("t"), live("(untagged)")), (40, 80));
        drop(frame);
        assert_eq!(alloc.stats().total.frame.live_bytes, 0);
    });
}

#[test]
fn panicking_closures_leave_the_frame_usable() {
    let counter = DropCounter::default();
    leaves_nothing(AllocConfig::minimal(), |fixture| {
        let frame = fixture.alloc.frame();
        let boom = |n: usize| if n == 7 { panic!("boom") } else { n };
        assert_eq!(caught(|| frame.alloc_with(|| boom(7)).to_owned()), "boom");
        assert_eq!(caught(|| frame.slice_from_fn(100, boom).len()), "boom");
        assert_eq!(caught(|| frame.slice_from_iter((0..50).map(boom)).len()), "boom");
        let made = |n: usize| counter.make(boom(n) as u64);
        assert_eq!(caught(|| frame.boxed_slice_from_fn(100, made).len()), "boom");
        assert_eq!(counter.alive(), 0, "what was made before the panic is dropped");
        let speculation = || {
            frame.speculate(|child| -> Result<u8, ()> { panic!("{}", child.format(format_args!("boom"))) })
        };
        assert_eq!(caught(speculation), "boom");
        let speculation = || {
            let _ = fixture.alloc.speculative(|| -> Result<(), ()> { panic!("boom") });
        };
        assert_eq!(caught(speculation), "boom");
        assert_eq!(*frame.alloc(5), 5);
    });
}

#[test]
fn every_destructor_runs_although_some_panic() {
    let counter = DropCounter::default();
    leaves_nothing(AllocConfig::minimal(), |fixture| {
        let alloc = &fixture.alloc;
        counter.panic_every(1);
        let run = |work: &dyn Fn()| {
            let text = caught(work);
            assert!(text.contains("panics"), "{text}");
        };
        let frame = alloc.frame();
        run(&|| drop(frame.boxed(counter.make(1))));
        run(&|| drop(frame.boxed_slice_from_fn(5, |n| counter.make(n as u64))));
        run(&|| {
            let mut vec = frame.vec();
            (0..5).for_each(|n| vec.push(counter.make(n)));
        });
        run(&|| {
            // As in the standard library, what a hash map holds besides is leaked then; here it holds one.
            frame.map().insert(1, counter.make(1));
        });
        run(&|| drop(alloc.pool_box(counter.make(1))));
        run(&|| drop(alloc.heap_box(counter.make(1))));
        run(&|| drop(alloc.scratch_pool("s").boxed(counter.make(1))));
        run(&|| {
            let scope = alloc.frame();
            drop(scope.retain(counter.make(1), RetentionPolicy::Discard));
            drop(scope.retain(counter.make(2), RetentionPolicy::Discard));
            drop(scope);
        });
        run(&|| {
            alloc.begin_frame();
            drop(alloc.frame_retained(counter.make(1), RetentionPolicy::Discard));
            drop(alloc.frame_retained(counter.make(2), RetentionPolicy::Discard));
            alloc.end_frame();
        });
        run(&|| {
            let guard = alloc.checkpoint_guard();
            drop(alloc.frame_retained(counter.make(2), RetentionPolicy::Discard));
            drop(guard);
        });
        counter.panic_every(0);
        assert_eq!(counter.alive(), 0, "of {}", counter.made());
        assert_eq!((alloc.scratch_pool("s").boxes(), alloc.pool_stats().live_objects), (0, 0));
        alloc.begin_frame();
        alloc.end_frame();
        drop(frame);
    });
}

#[test]
fn a_destructor_that_panics_while_unwinding_would_abort_but_discarding_does_not_run_it_twice() {
    let counter = DropCounter::default();
    leaves_nothing(AllocConfig::minimal(), |fixture| {
        let alloc = &fixture.alloc;
        let text = caught(|| {
            let frame = alloc.frame();
            drop(frame.retain_named("kept", counter.make(1), RetentionPolicy::PromoteToPool));
            panic!("first");
        });
        assert_eq!(text, "first");
        assert_eq!(counter.alive(), 0, "unwinding discards");
        assert!(alloc.take_promotions().promotions.is_empty());
    });
}

#[test]
fn a_refusing_budget_that_panics_leaves_the_allocator_usable() {
    leaves_nothing(AllocConfig::minimal(), |fixture| {
        let alloc = &fixture.alloc;
        alloc.set_tag_budget("ai", Budget::bytes(100).on_exceed(framealloc::OnExceed::Panic));
        let frame = alloc.frame();
        {
            let _ai = alloc.tag_scope("ai");
            assert!(caught(|| frame.try_alloc([0_u8; 101]).is_ok()).contains("tag ai"));
            assert!(caught(|| alloc.try_pool_box([0_u8; 101]).is_ok()).contains("tag ai"));
            assert!(caught(|| alloc.try_heap_box([0_u8; 101]).is_ok()).contains("tag ai"));
            assert!(frame.try_alloc([0_u8; 96]).is_ok());
        }
        assert_eq!(alloc.tag_budget("ai").map(|budget| (budget.used, budget.refusals)), Some((96, 3)));
    });
}

#[test]
fn handles_may_cross_a_catch_unwind() {
    let alloc = SmartAlloc::with_defaults();
    let frame = alloc.frame();
    let boxed = frame.boxed(5);
    let result = catch_unwind(move || *boxed + 1);
    assert_eq!(result.ok(), Some(6));
    let vec = AssertUnwindSafe(frame.vec::<u8>());
    assert!(catch_unwind(|| vec.len()).is_ok());
}

#[test]
fn strict_guards_hold_for_their_thread_and_scope() {
    let fixture = Fixture::small();
    let alloc = &fixture.alloc;
    let end_badly = || {
        alloc.begin_frame();
        let kept = alloc.frame_box(1);
        let result = catch_unwind(AssertUnwindSafe(|| alloc.end_frame()));
        drop(kept);
        result.is_err()
    };
    assert!(!end_badly());
    let guard = alloc.diagnostics().strict_guard(Strict::Errors);
    assert!(end_badly());
    assert!(!on_thread(end_badly), "another thread is not strict");
    drop(guard);
    assert!(!end_badly());
    assert_eq!(fixture.reports(&FA601).len(), 1, "one call site");
}
