//! A sink that allocates while `begin_frame` ends the frame before: its ambient frame came under the one that began, and
//! the link to it stayed in the record, which a later, quick `begin_frame` did not renew.

use std::sync::atomic::{AtomicBool, Ordering};

use framealloc_tests::{Fixture, on_thread};

// fa:allow(FA601, FA606): what becomes of a handle that outlives its frame is what this shows
#[test]
fn a_sink_that_opens_a_frame_under_begin_frame() {
    let told = AtomicBool::new(false);
    let fixture = Fixture::reacting(move |alloc, report| {
        if report.code.id == "FA601" && !told.swap(true, Ordering::Relaxed) {
            drop(alloc.frame_box(9_u8));
        }
    });
    on_thread(|| {
        let alloc = &fixture.alloc;
        let first = alloc.frame_box([1_u64; 4]);
        alloc.begin_frame();
        drop(alloc.frame_box([2_u64; 4]));
        alloc.end_frame();
        alloc.begin_frame();
        let second = alloc.frame_box([3_u64; 4]);
        alloc.end_frame();
        alloc.begin_frame();
        drop(second);
        drop(alloc.frame_box([4_u64; 4]));
        alloc.end_frame();
        let outside = alloc.frame_box([5_u64; 4]);
        alloc.begin_frame();
        let kept = alloc.frame_box([6_u64; 4]);
        drop(outside);
        alloc.end_frame();
        alloc.begin_frame();
        let later: Vec<_> = (0..20).map(|_| alloc.frame_box([7_u64; 4])).collect();
        assert_eq!(*kept, [6; 4]);
        assert!(later.iter().all(|values| **values == [7; 4]));
        assert_eq!(*first, [1; 4]);
        drop((first, kept, later));
        alloc.end_frame();
        assert_eq!(alloc.stats().total.frame.live_bytes, 0);
    });
    fixture.finish();
}
