//! Moving a value out of the last box of an ended frame: where the end of the frame's memory was reported in strict mode, the
//! value was lost.

use std::alloc::Layout;

use allocator_api2::alloc::Allocator;
use framealloc::diagnostics::Strict;
use framealloc_tests::{DropCounter, Fixture, caught, on_thread};

#[test]
fn a_value_is_dropped_when_a_report_panics() {
    let fixture = Fixture::strict(Strict::Warnings);
    let counter = DropCounter::default();
    on_thread(|| {
        let alloc = &fixture.alloc;
        alloc.set_budget(1000_usize);
        alloc.begin_frame();
        let boxed = alloc.frame_box(counter.make(1));
        let frame = alloc.frame_ref();
        assert!(caught(|| alloc.end_frame()).contains("FA601"));
        // Is charged when the frame's memory goes.
        assert!(frame.allocate(Layout::new::<[u8; 2000]>()).is_ok());
        drop(frame);
        assert!(caught(|| boxed.into_inner()).contains("FA311"));
        assert_eq!(counter.alive(), 0);
    });
    fixture.assert_all_freed();
}
