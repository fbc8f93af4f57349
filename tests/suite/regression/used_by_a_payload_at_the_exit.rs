//! A panic's payload that uses the allocator when it is dropped, after its thread's exit had closed everything: the frame
//! and the values it made stayed for ever, and with them the allocator.

use std::panic::panic_any;
use std::sync::Arc;

use framealloc::{RetentionPolicy, SmartAlloc};
use framealloc_tests::{Fixture, on_thread};

struct Payload(Option<Box<dyn FnOnce() + Send>>);

impl Drop for Payload {
    fn drop(&mut self) {
        self.0.take().into_iter().for_each(|work| work());
    }
}

struct Panics(Option<Payload>);

impl Drop for Panics {
    fn drop(&mut self) {
        panic_any(self.0.take().expect("dropped once"));
    }
}

/// A thread exits whose frame has a value that panics with a payload that does `work` when it is dropped.
#[track_caller]
fn leaves_nothing(work: impl FnOnce(&SmartAlloc) + Send + 'static) {
    let fixture = Fixture::small();
    on_thread(|| {
        let alloc = fixture.alloc.clone();
        let value = Panics(Some(Payload(Some(Box::new(move || work(&alloc))))));
        fixture.alloc.begin_frame();
        fixture.alloc.frame_retained(value, RetentionPolicy::Discard).release();
    });
    fixture.assert_all_freed();
}

#[test]
fn that_opens_a_frame() {
    leaves_nothing(|alloc| drop(alloc.frame_box(1_u64)));
}

#[test]
fn that_begins_a_frame_and_retains() {
    let value = Arc::new(());
    let weak = Arc::downgrade(&value);
    leaves_nothing(move |alloc| {
        alloc.begin_frame();
        alloc.frame_retained(value, RetentionPolicy::Discard).release();
    });
    assert_eq!(weak.strong_count(), 0);
}

#[test]
fn that_begins_a_phase() {
    leaves_nothing(|alloc| alloc.begin_phase("late"));
}

#[test]
fn that_shares() {
    let value = Arc::new(());
    let weak = Arc::downgrade(&value);
    leaves_nothing(move |alloc| {
        alloc.begin_frame();
        alloc.share_for(value, 1000);
        alloc.end_frame();
    });
    assert_eq!(weak.strong_count(), 0);
}
