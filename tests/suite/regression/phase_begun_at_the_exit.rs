//! A subscriber that begins a phase when it hears of a thread's exit: all others had ended, nobody ended it, and it kept the
//! thread's memory and the allocator.

use framealloc::EventKind;
use framealloc_tests::{Fixture, on_thread};

#[test]
fn a_phase_that_is_begun_at_the_exit_is_ended() {
    let fixture = Fixture::default();
    let alloc = fixture.alloc.clone();
    let subscription = fixture.alloc.subscribe(move |event| {
        if matches!(event.kind, EventKind::ThreadLeft { .. }) {
            alloc.begin_phase("last");
            assert_eq!(alloc.current_phase().as_deref(), Some("last"));
        }
    });
    on_thread(|| drop(fixture.alloc.frame()));
    on_thread(|| {
        drop(subscription);
        let stats = fixture.alloc.stats();
        assert_eq!((stats.threads.len(), stats.ended_threads), (1, 1), "{:?}", stats.threads);
    });
    fixture.assert_all_freed();
}
