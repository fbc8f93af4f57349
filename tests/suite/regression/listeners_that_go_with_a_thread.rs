//! An allocator that goes with its last thread takes its sinks, subscribers and callbacks along: a panic in the destructor of
//! one aborted the process. So did one that was removed while it was told of the thread's exit, and went afterwards.

use std::sync::{Arc, Mutex, OnceLock};

use framealloc::diagnostics::{Diagnostic, FA601, Sink};
use framealloc::{EventKind, SmartAlloc, Subscription};
use framealloc_tests::model::{bury, exhume};
use framealloc_tests::{Fixture, on_thread};

struct Bomb;

impl Bomb {
    fn look(&self) {}
}

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("a listener's destructor");
    }
}

impl Sink for Bomb {
    fn emit(&self, _: &Diagnostic) {}
}

#[track_caller]
fn goes_quietly(listen: impl FnOnce(&SmartAlloc) + Send) {
    let Fixture { alloc, backend, .. } = Fixture::default();
    on_thread(move || {
        listen(&alloc);
        drop(alloc.frame());
    });
    assert_eq!(backend.counts().live_blocks, 0);
}

#[test]
fn a_sink() {
    goes_quietly(|alloc| _ = alloc.diagnostics().add_sink(Bomb));
}

#[test]
fn a_subscriber() {
    goes_quietly(|alloc| {
        let bomb = Bomb;
        std::mem::forget(alloc.subscribe(move |_| bomb.look()));
    });
}

#[test]
fn a_callback() {
    goes_quietly(|alloc| {
        let bomb = Bomb;
        alloc.handles().on_relocate(move |_| bomb.look());
    });
}

#[test]
fn a_subscriber_that_ends_its_subscription_at_the_exit() {
    let fixture = Fixture::default();
    let own: Arc<Mutex<Option<Subscription>>> = Arc::default();
    let (bomb, inside) = (Bomb, own.clone());
    let subscription = fixture.alloc.subscribe(move |event| {
        bomb.look();
        if let EventKind::ThreadLeft { .. } = event.kind {
            let own = inside.lock().unwrap().take();
            drop(own);
        }
    });
    *own.lock().unwrap() = Some(subscription);
    on_thread(|| drop(fixture.alloc.frame()));
    assert!(own.lock().unwrap().is_none());
    assert_eq!(fixture.alloc.subscriber_panics(), 1);
}

struct Last(Bomb, OnceLock<SmartAlloc>);

impl Sink for Last {
    fn emit(&self, _: &Diagnostic) {
        self.0.look();
        self.1.get().unwrap().diagnostics().clear_sinks();
    }
}

#[test]
fn a_sink_that_removes_itself_at_the_exit() {
    let fixture = Fixture::default();
    let sink = Last(Bomb, OnceLock::from(fixture.alloc.clone()));
    let alloc: &'static SmartAlloc = exhume(fixture.alloc.clone());
    alloc.diagnostics().add_sink(sink);
    on_thread(|| {
        alloc.begin_frame();
        bury(alloc.frame_box(1_u8));
    });
    assert_eq!(fixture.reports(&FA601).len(), 1);
    assert_eq!(alloc.diagnostics().sink_panics(), 1);
}

#[test]
fn a_subscription_that_is_dropped() {
    let fixture = Fixture::default();
    let bomb = Bomb;
    drop(fixture.alloc.subscribe(move |_| bomb.look()));
    assert_eq!(fixture.alloc.subscriber_panics(), 1);
}
