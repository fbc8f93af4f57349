//! After its thread's exit an allocator is kept by what is entered and by frames. A report on the way into a system dropped
//! both, and the system went on in the freed heap.

use std::cell::RefCell;
use std::sync::atomic::{AtomicBool, Ordering};

use framealloc::{Budget, EnterGuard, Frame, OnExceed, SmartAlloc, frame_system};
use framealloc_tests::model::exhume;
use framealloc_tests::{Fixture, on_thread};

thread_local! {
    static HELD: RefCell<Option<(EnterGuard, Frame)>> = const { RefCell::new(None) };
    static LATE: Late = const { Late };
}

static RAN: AtomicBool = AtomicBool::new(false);

#[frame_system(tag = "late", frame = frame)]
fn system() {
    assert_eq!(*frame.alloc(7), 7);
    RAN.store(HELD.with_borrow(Option::is_none), Ordering::Relaxed);
}

/// Its destructor runs after the heap's exit and before that of `HELD`.
struct Late;

impl Drop for Late {
    fn drop(&mut self) {
        HELD.with_borrow(|held| {
            let (_, frame) = held.as_ref().unwrap();
            frame.alloc([0_u8; 4096]);
        });
        system();
    }
}

#[test]
fn a_report_that_drops_what_keeps_the_heap() {
    let fixture = Fixture::reacting(|_, report| {
        if report.code.id.starts_with("FA31") {
            drop(HELD.with(RefCell::take));
        }
    });
    let alloc: &'static SmartAlloc = exhume(fixture.alloc.clone());
    on_thread(|| {
        // In this order, so that the heap's exit is first.
        HELD.with_borrow(|held| assert!(held.is_none()));
        LATE.with(|_| ());
        alloc.set_thread_frame_budget(Budget::bytes(1000).on_exceed(OnExceed::Warn));
        HELD.set(Some((alloc.enter(), alloc.frame())));
    });
    assert!(RAN.load(Ordering::Relaxed), "the report came on the way into the system");
    fixture.alloc.diagnostics().clear_sinks();
}
