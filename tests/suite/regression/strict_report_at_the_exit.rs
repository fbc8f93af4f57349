//! Reports of a thread that exits panicked in strict mode, which aborts the process, where a sink had set a strict level of
//! its own, or the thread's exit was done already.

use std::cell::RefCell;

use framealloc::diagnostics::{FA601, FA608, Strict};
use framealloc::{AllocConfig, Frame, RetentionPolicy, SmartAlloc};
use framealloc_tests::model::bury;
use framealloc_tests::{Fixture, on_thread};

#[test]
fn a_sink_sets_a_strict_level_at_the_exit() {
    let fixture =
        Fixture::reacting(|alloc, _| std::mem::forget(alloc.diagnostics().strict_guard(Strict::Warnings)));
    on_thread(|| {
        let alloc: &'static SmartAlloc = Box::leak(Box::new(fixture.alloc.clone()));
        alloc.begin_frame();
        bury(alloc.frame_retained(1_u8, RetentionPolicy::PromoteToPool));
    });
    assert_eq!(fixture.reports(&FA601).len(), 1);
    fixture.alloc.diagnostics().clear_sinks();
}

thread_local! {
    static LATE: RefCell<Option<Frame>> = const { RefCell::new(None) };
}

#[test]
fn a_frame_is_dropped_after_the_exit() {
    let fixture = Fixture::with(AllocConfig::default().with_strict(Strict::Warnings));
    on_thread(|| {
        LATE.with(|_| ());
        let frame = fixture.alloc.frame();
        std::mem::forget(frame.frame_ref());
        LATE.set(Some(frame));
    });
    assert_eq!(fixture.reports(&FA608).len(), 1);
    fixture.assert_all_freed();
}
