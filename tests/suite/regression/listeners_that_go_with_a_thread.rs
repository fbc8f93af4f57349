//! An allocator that goes with its last thread takes its sinks, subscribers and callbacks along: a panic in the destructor of
//! one aborted the process.

use framealloc::SmartAlloc;
use framealloc::diagnostics::{Diagnostic, Sink};
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
