//! Defects that a review found, one per file, so that none comes back.

mod ambient_over_ambient;
mod charge_of_a_refused_object;
mod frame_ended_under_a_box;
mod growth_without_allocations;
mod guard_after_exit;
mod late_budget;
mod reentrant_guard;
mod retained_in_an_ended_frame;

use std::sync::atomic::{AtomicBool, Ordering};

use framealloc_tests::Fixture;

/// An allocator with a sink that ends the frame at the first report about a budget.
fn ending_the_frame_at_a_budget() -> Fixture {
    let told = AtomicBool::new(false);
    Fixture::reacting(move |alloc, report| {
        if report.code.id.starts_with("FA31") && !told.swap(true, Ordering::Relaxed) {
            alloc.end_frame();
        }
    })
}
