//! Destructors of retained values that panic with a payload whose own destructor panics: the second payload was dropped in
//! the middle of the frame's end. The frame was lost with the values that followed, a system stayed entered for ever, and
//! while the thread unwound the process aborted.

use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::sync::Arc;

use framealloc::{AllocConfig, RetentionPolicy, SmartAlloc, frame_system};
use framealloc_tests::{Fixture, on_thread};

struct Payload;

impl Drop for Payload {
    fn drop(&mut self) {
        panic!("the payload's destructor");
    }
}

struct Value(#[expect(dead_code, reason = "counted")] Arc<()>);

impl Drop for Value {
    fn drop(&mut self) {
        panic_any(Payload);
    }
}

/// Runs `work`, which panics with a [`Payload`], and checks that every value was dropped and nothing is left.
#[track_caller]
fn drops_every_value(work: impl FnOnce(&SmartAlloc, &Arc<()>) + Send) {
    let fixture = Fixture::new(AllocConfig::minimal());
    let value = Arc::new(());
    on_thread(|| {
        let payload = catch_unwind(AssertUnwindSafe(|| work(&fixture.alloc, &value)));
        core::mem::forget(payload.expect_err("this panics"));
        assert_eq!(fixture.alloc.current_tag(), None);
    });
    assert_eq!(Arc::strong_count(&value), 1, "values that were never dropped");
    fixture.assert_all_freed();
}

#[test]
fn in_a_scoped_frame() {
    drops_every_value(|alloc, value| {
        let frame = alloc.frame();
        (0..5).for_each(|_| frame.retain(Value(value.clone()), RetentionPolicy::Discard).release());
    });
}

#[test]
fn in_a_scoped_frame_while_the_thread_unwinds() {
    drops_every_value(|alloc, value| {
        let frame = alloc.frame();
        (0..5).for_each(|_| frame.retain(Value(value.clone()), RetentionPolicy::Discard).release());
        panic_any(Payload);
    });
}

#[test]
fn in_an_ambient_frame_and_its_segments() {
    drops_every_value(|alloc, value| {
        let retain = || alloc.frame_retained(Value(value.clone()), RetentionPolicy::Discard).release();
        alloc.begin_frame();
        (0..3).for_each(|_| retain());
        // fa:allow(FA607): the end of the frame commits it
        let _checkpoint = alloc.frame_checkpoint();
        (0..3).for_each(|_| retain());
        alloc.end_frame();
    });
}

#[frame_system(tag = "system", frame = frame)]
fn system(alloc: &SmartAlloc, value: &Arc<()>) {
    (0..5).for_each(|_| frame.retain(Value(value.clone()), RetentionPolicy::Discard).release());
}

#[test]
fn in_the_frame_of_a_system() {
    drops_every_value(system);
}
