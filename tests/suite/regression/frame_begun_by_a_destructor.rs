//! A destructor or subscriber that runs while a frame begins, or a thread exits, and begins a frame itself: subscribers
//! heard of a frame that never ended.

use std::collections::HashMap;
use std::sync::{Arc, Barrier, Mutex};
use std::thread::{self, ThreadId};

use framealloc::{EventKind, SmartAlloc};
use framealloc_tests::{Fixture, on_thread};

/// Begins a frame when it is dropped.
struct Begins(SmartAlloc);

impl Drop for Begins {
    fn drop(&mut self) {
        self.0.begin_frame();
    }
}

/// Runs `work` on a thread of its own; afterwards every frame has ended, and none began inside another one. At the end
/// number `begin_at` a subscriber begins one. Returns how many there were.
fn frames(begin_at: u32, work: impl FnOnce(&SmartAlloc) + Send) -> u32 {
    let fixture = Fixture::small();
    let heard = Arc::new(Mutex::new((HashMap::<ThreadId, bool>::new(), (0, 0))));
    let subscription = fixture.alloc.subscribe({
        let (heard, alloc) = (heard.clone(), fixture.alloc.clone());
        move |event| {
            let mut lock = heard.lock().unwrap();
            let (open, (begun, ended)) = &mut *lock;
            let open = open.entry(event.thread).or_default();
            let begins = match event.kind {
                EventKind::FrameBegun { .. } => true,
                EventKind::FrameEnded { .. } => false,
                _ => return,
            };
            // A panic in here would be caught.
            *begun += if *open == begins { 1000 } else { u32::from(begins) };
            *ended += u32::from(!begins);
            *open = begins;
            let begin = !begins && *ended == begin_at;
            drop(lock);
            if begin {
                alloc.begin_frame();
            }
        }
    });
    on_thread(|| work(&fixture.alloc));
    let (open, (count, _)) = std::mem::take(&mut *heard.lock().unwrap());
    assert!(!open.values().any(|open| *open), "a frame never ended");
    drop(subscription);
    fixture.assert_all_freed();
    count
}

#[test]
fn while_another_begins() {
    let count = frames(0, |alloc| {
        // In a frame that nobody began.
        alloc.share(Begins(alloc.clone()));
        alloc.begin_frame();
        alloc.end_frame();
        alloc.end_frame();
        alloc.begin_frame();
        alloc.end_frame();
    });
    assert_eq!(count, 2, "the first two are one inside the other");
}

#[test]
fn while_a_worker_begins_that_never_ended() {
    let count = frames(2, |alloc| {
        let barrier = Barrier::new(2);
        alloc.begin_frame();
        thread::scope(|scope| {
            let worker = scope.spawn(|| {
                alloc.begin_frame();
                barrier.wait();
                barrier.wait();
                // Ends the first one, whose end is the second that is heard of.
                alloc.begin_frame();
                alloc.end_frame();
                alloc.end_frame();
            });
            barrier.wait();
            alloc.end_frame();
            alloc.begin_frame();
            barrier.wait();
            // With the end of its thread-locals.
            worker.join().unwrap();
        });
        alloc.end_frame();
    });
    assert_eq!(count, 4);
}

#[test]
fn while_the_thread_exits() {
    let count = frames(0, |alloc| {
        alloc.begin_frame();
        alloc.share(Begins(alloc.clone()));
    });
    assert_eq!(count, 1, "what begins after the end of the last one is not told");
}
