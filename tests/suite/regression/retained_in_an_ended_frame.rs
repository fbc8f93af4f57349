//! A sink that ends the frame while `frame_retained` takes its place in it: the value went onto the list of a frame that
//! was over, which the next frame in the same memory followed.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use framealloc::{Checkpoint, RetentionPolicy};
use framealloc_tests::{Fixture, on_thread};

use super::ending_the_frame_at_a_budget;

static DROPS: AtomicUsize = AtomicUsize::new(0);

struct Big([u8; 5000]);

impl Drop for Big {
    fn drop(&mut self) {
        DROPS.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn a_sink_that_ends_the_frame_under_a_retained_value() {
    let fixture = ending_the_frame_at_a_budget();
    on_thread(|| {
        let alloc = &fixture.alloc;
        alloc.set_tag_budget("t", 16_usize);
        let tag = alloc.tag_scope("t");
        alloc.begin_frame();
        drop(alloc.frame_box([1_u8; 5000]));
        let retained = alloc.frame_retained(Big([2; 5000]), RetentionPolicy::Discard);
        assert!(!alloc.is_frame_active(), "the sink ended the frame");
        assert!(retained.0.iter().all(|byte| *byte == 2));
        drop(retained);
        assert_eq!(DROPS.load(Ordering::Relaxed), 1, "the handle owned the value");
        for _ in 0..4 {
            alloc.begin_frame();
            drop(alloc.frame_box([0x55_u8; 4000]));
            drop(alloc.frame_box([0x55_u8; 4000]));
            alloc.end_frame();
        }
        assert_eq!(DROPS.load(Ordering::Relaxed), 1);
        drop(tag);
    });
    fixture.finish();
}

thread_local! {
    static CHECKPOINT: RefCell<Option<Checkpoint>> = const { RefCell::new(None) };
}

#[test]
fn a_sink_that_commits_the_segment_under_a_retained_value() {
    let fixture = Fixture::reacting(move |alloc, report| {
        if report.code.id.starts_with("FA31")
            && let Some(checkpoint) = CHECKPOINT.take()
        {
            alloc.commit(&checkpoint).unwrap();
        }
    });
    on_thread(|| {
        let alloc = &fixture.alloc;
        alloc.set_tag_budget("t", 16_usize);
        let tag = alloc.tag_scope("t");
        let value = Arc::new(());
        alloc.begin_frame();
        CHECKPOINT.set(Some(alloc.frame_checkpoint()));
        drop(alloc.frame_box([1_u8; 3000]));
        let retained = alloc.frame_retained(([2_u8; 3000], value.clone()), RetentionPolicy::Discard);
        assert!(CHECKPOINT.with_borrow(Option::is_none), "the sink committed");
        drop(retained);
        alloc.end_frame();
        assert_eq!(Arc::strong_count(&value), 1, "the end of the frame dropped it");
        for _ in 0..4 {
            alloc.begin_frame();
            let checkpoint = alloc.frame_checkpoint();
            drop(alloc.frame_box([0x55_u8; 3500]));
            drop(alloc.frame_box([0x55_u8; 3500]));
            alloc.commit(&checkpoint).unwrap();
            alloc.end_frame();
        }
        drop(tag);
    });
    fixture.finish();
}
