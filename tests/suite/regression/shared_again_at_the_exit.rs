//! A destructor that shares values for further frames while its thread exits: a slot stayed open, and the memory it names
//! went back with the last reader of another slot of the same frame.

use std::sync::mpsc;
use std::sync::{Arc, Mutex};

use framealloc::{FrameHandle, ReadGuard, SmartAlloc};
use framealloc_tests::{Counted, DropCounter, Fixture, on_thread};

type Found = (FrameHandle<Counted>, ReadGuard<'static, Counted>);

/// Shares two values when it is dropped, one of them for many frames, and reads the other.
struct SharesAFrame {
    alloc: &'static SmartAlloc,
    counter: DropCounter,
    found: Mutex<mpsc::Sender<Found>>,
}

impl Drop for SharesAFrame {
    fn drop(&mut self) {
        self.alloc.begin_frame();
        let read = self.alloc.share(self.counter.make(1)).read(self.alloc).unwrap();
        let later = self.alloc.share_for(self.counter.make(2), 1000);
        self.alloc.end_frame();
        self.found.lock().unwrap().send((later, read)).unwrap();
    }
}

#[test]
fn what_a_destructor_shares_at_the_exit_is_closed_too() {
    let counter = DropCounter::default();
    let fixture = Fixture::small();
    let alloc: &'static SmartAlloc = Box::leak(Box::new(fixture.alloc.clone()));
    let (send, found) = mpsc::channel();
    on_thread(|| {
        alloc.begin_frame();
        let value = SharesAFrame { alloc, counter: counter.clone(), found: Mutex::new(send) };
        alloc.share_for(value, 1000);
        alloc.end_frame();
    });
    let (later, read) = found.recv().unwrap();
    read.verify();
    let gone = later.read(alloc).is_none();
    drop(read);
    if let Some(later) = later.read(alloc) {
        later.verify();
    }
    assert!(gone, "its thread has exited");
    assert_eq!(counter.alive(), 0);
    // SAFETY: the box was leaked above, and nothing refers to it any more.
    drop(unsafe { Box::from_raw(std::ptr::from_ref(alloc).cast_mut()) });
    fixture.assert_all_freed();
}

#[test]
fn a_destructor_that_shares_again_and_again() {
    struct Again(SmartAlloc, Arc<()>, u32);
    impl Drop for Again {
        fn drop(&mut self) {
            if self.2 > 0 {
                self.0.begin_frame();
                self.0.share_for(Again(self.0.clone(), self.1.clone(), self.2 - 1), 1000);
                self.0.end_frame();
            }
        }
    }
    let alive = Arc::new(());
    let fixture = Fixture::small();
    on_thread(|| {
        fixture.alloc.begin_frame();
        fixture.alloc.share_for(Again(fixture.alloc.clone(), alive.clone(), 10), 1000);
        fixture.alloc.end_frame();
    });
    assert_eq!(Arc::strong_count(&alive), 1);
    fixture.assert_all_freed();
}
