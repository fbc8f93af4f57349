//! Defects that a review found, one per file, so that none comes back.

mod ambient_over_ambient;
mod another_allocator_is_current;
mod boxed_slice_given_back;
mod budget_read_under_a_backend;
mod budget_set_by_a_report;
mod budget_set_while_a_thread_exits;
mod charge_of_a_refused_object;
mod charge_of_a_request_that_failed;
mod clock_that_was_put_back;
mod container_on_a_new_thread;
mod deep_tag;
mod deferred_again_and_again;
mod driver_past_its_exit;
mod driver_that_resigned;
mod entered_heap_freed_by_a_report;
mod every_tag_there_can_be;
mod foreign_payloads;
mod frame_begun_by_a_destructor;
mod frame_ended_under_a_box;
mod frame_opened_at_the_exit;
mod frame_that_never_ends;
mod free_under_another_allocator;
mod gate_of_another_tag;
mod growth_without_allocations;
mod guard_after_exit;
mod guard_closed_under_a_backend;
mod handle_past_the_exit_of_a_shared_frame;
mod late_budget;
mod late_budget_without_memory;
mod lease_of_another_context;
mod left_while_another_is_left;
mod listeners_that_go_with_a_thread;
mod moved_out_of_an_ended_frame;
mod node_made_by_the_backend;
mod one_heap_at_the_exit;
mod phase_begun_at_the_exit;
mod pool_budget_of_a_tag_never_entered;
mod pool_freed_on_a_new_thread;
mod processor_that_exited;
mod question_about_an_unknown_tag;
mod reentrant_guard;
mod request_of_half_the_address_space;
mod reservation_that_is_refused;
mod retained_in_an_ended_frame;
mod room_made_at_the_exit;
mod room_taken_by_a_backend;
mod shared_again_at_the_exit;
mod shrinking_within_a_budget;
mod strict_report_at_a_frames_end;
mod strict_report_at_the_exit;
mod strict_report_in_a_promotion;
mod tag_switched_by_a_backend;
mod tag_switched_by_a_report;
mod text_refused_within_a_character;
mod transfer_lost_at_the_exit;
mod unpinned_when_moved;
mod used_by_a_payload_at_the_exit;
mod worker_that_began_once;

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
