//! When deferred work runs.

use framealloc::{DeferredConfig, DeferredProcessing};
use framealloc_tests::Fixture;

use super::Log;

#[test]
fn deferred_work_runs_in_frames_that_are_watched() {
    for processing in [DeferredProcessing::AtFrameBegin, DeferredProcessing::AtFrameEnd] {
        let (fixture, log) = (Fixture::small(), Log::default());
        let alloc = &fixture.alloc;
        alloc.configure_deferred(DeferredConfig::default().with_processing(processing)).unwrap();
        let _subscription = alloc.subscribe(|_| ());
        alloc.begin_frame();
        alloc.defer_drop(log.value(1));
        alloc.end_frame();
        alloc.begin_frame();
        assert_eq!(log.numbers(), [1], "{processing:?}");
        alloc.end_frame();
    }
}
