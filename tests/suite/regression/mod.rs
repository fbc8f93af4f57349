//! Defects that a review found, one per file, so that none comes back.

mod ambient_over_ambient;
mod charge_of_a_refused_object;
mod containers_of_a_foreign_thread;
mod frame_ended_under_a_box;
mod growth_without_allocations;
mod guard_after_exit;
mod late_budget;
mod reentrant_guard;
mod retained_in_an_ended_frame;

use std::sync::{Arc, OnceLock};

use framealloc::diagnostics::{CallbackSink, Diagnostic};
use framealloc::{AllocConfig, SmartAlloc};
use framealloc_tests::Fixture;

/// An allocator whose every report runs `work`, which may use the allocator. The caller clears the sinks at the end.
fn with_sink(work: impl Fn(&SmartAlloc, &Diagnostic) + Send + Sync + 'static) -> Fixture {
    let fixture = Fixture::new(AllocConfig::minimal()).unlimited();
    let cell = Arc::new(OnceLock::new());
    let inner = Arc::clone(&cell);
    fixture.alloc.diagnostics().add_sink(CallbackSink::new(move |report: &Diagnostic| {
        if let Some(alloc) = inner.get() {
            work(alloc, report);
        }
    }));
    cell.set(fixture.alloc.clone()).unwrap();
    fixture
}
