//! A report about a budget that panicked at the end of a frame, in strict mode: the frame went on, so that all later ones
//! were inside of it, and the report about its handles was never made.

use std::panic::{AssertUnwindSafe, catch_unwind};

use framealloc::AllocConfig;
use framealloc::diagnostics::{FA311, FA601, FA608, Strict};
use framealloc_tests::{Fixture, on_thread};

fn with_a_budget_that_panics() -> Fixture {
    let fixture = Fixture::with(AllocConfig::minimal().with_strict(Strict::Warnings));
    on_thread(|| fixture.alloc.set_budget(64_usize));
    fixture
}

#[test]
fn the_frame_has_ended() {
    let fixture = with_a_budget_that_panics();
    let alloc = &fixture.alloc;
    on_thread(|| {
        alloc.begin_frame();
        let held = alloc.frame_box([1_u8; 100]);
        assert!(catch_unwind(AssertUnwindSafe(|| alloc.end_frame())).is_err());
        assert!(!alloc.is_frame_active());
        assert_eq!((fixture.reports(&FA311).len(), fixture.reports(&FA601).len()), (1, 1));
        drop(held);
        alloc.begin_frame();
        alloc.end_frame();
        assert_eq!(fixture.reports(&FA311).len() + fixture.reports(&FA601).len(), fixture.codes().len());
    });
    fixture.assert_all_freed();
}

#[test]
fn leaked_handles_are_told() {
    let fixture = with_a_budget_that_panics();
    on_thread(|| {
        let frame = fixture.alloc.frame();
        std::mem::forget(frame.boxed([1_u8; 100]));
        assert!(catch_unwind(AssertUnwindSafe(|| drop(frame))).is_err());
    });
    assert_eq!((fixture.reports(&FA311).len(), fixture.reports(&FA608).len()), (1, 1));
    fixture.assert_all_freed();
}
