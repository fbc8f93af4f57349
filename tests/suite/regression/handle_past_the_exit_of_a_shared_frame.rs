//! A frame with a value that others read, and a handle in a thread-local that goes after the thread's heaps: the memory, and
//! its charge, stayed for ever.

use std::cell::RefCell;
use std::sync::mpsc;
use std::thread;

use framealloc::{FrameVec, ReadGuard, Retained, RetentionPolicy, SmartAlloc};
use framealloc_tests::{Counted, DropCounter, Fixture, on_thread};

thread_local! {
    static LAST: RefCell<Option<Last>> = const { RefCell::new(None) };
}

/// What a thread-local does when it goes: it waits, uses its vector once more and drops it.
struct Last {
    vector: FrameVec<'static, u64>,
    value: Retained<'static, Counted>,
    waits: mpsc::Receiver<()>,
    told: mpsc::Sender<()>,
}

impl Drop for Last {
    fn drop(&mut self) {
        self.told.send(()).unwrap();
        self.waits.recv().unwrap();
        self.value.verify();
        self.vector.extend(0..1000);
    }
}

fn used(alloc: &SmartAlloc) -> u64 {
    alloc.tag_budget("t").map_or(0, |budget| budget.used)
}

type Guard = ReadGuard<'static, Counted>;

// fa:allow(FA605): what becomes of a handle that outlives its frame is what this shows
/// A thread exits with a handle and a reader; `meanwhile` runs before the handle goes.
fn exits(alloc: &'static SmartAlloc, meanwhile: impl FnOnce(&mut Option<Guard>)) {
    let counter = DropCounter::default();
    let ((go, waits), (told, exited), (send, guard)) = (mpsc::channel(), mpsc::channel(), mpsc::channel());
    let thread = thread::spawn({
        let counter = counter.clone();
        move || {
            // Registered first, so dropped after the thread's heaps.
            LAST.with_borrow_mut(|last| drop(last.take()));
            let _tag = alloc.tag_scope("t");
            alloc.begin_frame();
            let vector = alloc.frame_vec();
            let value = alloc.frame_retained_named("v", counter.make(2), RetentionPolicy::Discard);
            LAST.set(Some(Last { vector, value, waits, told }));
            send.send(alloc.share(counter.make(1)).read(alloc).unwrap()).unwrap();
        }
    });
    let mut guard = Some(guard.recv().unwrap());
    exited.recv().unwrap();
    meanwhile(&mut guard);
    let charged = used(alloc);
    go.send(()).unwrap();
    thread.join().unwrap();
    if let Some(guard) = guard {
        guard.verify();
        assert!(alloc.stats().total.frame.live_bytes > 0, "what is read is alive");
        assert!(used(alloc) >= charged, "and charged");
    }
    assert_eq!((counter.alive(), alloc.stats().total.frame.live_bytes), (0, 0));
}

fn with_fixture(work: impl FnOnce(&'static SmartAlloc) + Send) {
    let fixture = Fixture::small();
    let alloc: &'static SmartAlloc = Box::leak(Box::new(fixture.alloc.clone()));
    on_thread(|| work(alloc));
    // SAFETY: the box was leaked above, and the threads that used it have ended.
    drop(unsafe { Box::from_raw(std::ptr::from_ref(alloc).cast_mut()) });
    fixture.assert_all_freed();
}

#[test]
fn the_last_of_handle_and_reader_frees_the_memory() {
    for reader_first in [false, true] {
        with_fixture(|alloc| {
            alloc.set_tag_budget("t", 1_usize << 20);
            let other = alloc.with_tag("t", |_| alloc.heap_box([0_u8; 1 << 16]));
            exits(alloc, |guard| drop(guard.take_if(|_| reader_first)));
            assert_eq!(used(alloc), 1 << 16);
            drop(other);
        });
    }
}

#[test]
fn a_budget_that_is_set_after_the_exit_is_credited_once() {
    for reader_first in [false, true] {
        with_fixture(|alloc| {
            let other = alloc.with_tag("t", |_| alloc.heap_box([0_u8; 1 << 16]));
            exits(alloc, |guard| {
                alloc.set_tag_budget("t", 1_usize << 20);
                assert!(used(alloc) > 1 << 16);
                drop(guard.take_if(|_| reader_first));
            });
            assert_eq!(used(alloc), 1 << 16);
            drop(other);
        });
    }
}
