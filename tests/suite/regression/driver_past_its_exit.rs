//! `begin_frame` in a thread-local's destructor that runs after the last exit of the thread's heaps: the thread drove the
//! frame number from then on, and no other thread could any more.

use std::cell::Cell;

use framealloc::{AllocConfig, SmartAlloc};
use framealloc_tests::{Fixture, on_thread};

/// Begins a frame in its destructor, after it has set the next one.
struct Begin(SmartAlloc, usize);

impl Drop for Begin {
    fn drop(&mut self) {
        // Set before the heap is made whose exit is to run first.
        if let Some(next) = LEVELS.get(self.1) {
            next.with(|place| place.set(Some(Self(self.0.clone(), self.1 + 1))));
        }
        self.0.begin_frame();
    }
}

macro_rules! levels {
    ($($name:ident)*) => {
        thread_local! {
            $(static $name: Cell<Option<Begin>> = const { Cell::new(None) };)*
        }
        const LEVELS: &[&std::thread::LocalKey<Cell<Option<Begin>>>] = &[$(&$name),*];
    };
}

levels!(L0 L1 L2 L3 L4 L5 L6 L7 L8 L9 L10 L11);

#[test]
fn another_thread_drives() {
    let fixture = Fixture::new(AllocConfig::minimal());
    let alloc = &fixture.alloc;
    on_thread(|| L0.set(Some(Begin(alloc.clone(), 1))));
    let before = alloc.frame_number();
    for _ in 0..2 {
        alloc.begin_frame();
        alloc.end_frame();
    }
    assert_eq!(alloc.frame_number(), before + 2);
}
