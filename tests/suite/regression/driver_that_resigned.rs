//! `begin_frame` in a destructor that an exiting thread runs when it has passed the frame number on: it drove the number
//! beside the thread that had taken over, and ended that one's frame.

use std::sync::{Arc, Barrier};

use framealloc::{RetentionPolicy, SmartAlloc};
use framealloc_tests::{Fixture, on_thread};

/// Retains [`Begins`] in an ambient frame of its own: dropped as a shared value, which is before the thread resigns.
struct Opens(SmartAlloc, Arc<Barrier>);

impl Drop for Opens {
    fn drop(&mut self) {
        let begins = Begins(self.0.clone(), self.1.clone());
        self.0.frame_retained(begins, RetentionPolicy::Discard).release();
    }
}

/// Begins and ends a frame while another thread is in one.
struct Begins(SmartAlloc, Arc<Barrier>);

impl Drop for Begins {
    fn drop(&mut self) {
        self.1.wait();
        self.1.wait();
        self.0.begin_frame();
        self.0.end_frame();
        self.1.wait();
    }
}

#[test]
fn leaves_the_frame_number_to_its_successor() {
    let fixture = Fixture::small();
    let alloc = &fixture.alloc;
    let barrier = Arc::new(Barrier::new(2));
    let exiting = std::thread::spawn({
        let (alloc, barrier) = (alloc.clone(), barrier.clone());
        move || {
            alloc.begin_frame();
            alloc.share_for(Opens(alloc.clone(), barrier), 1000);
            alloc.end_frame();
        }
    });
    barrier.wait();
    on_thread(|| {
        alloc.begin_frame();
        let number = alloc.frame_number();
        barrier.wait();
        barrier.wait();
        assert_eq!((alloc.frame_number(), alloc.is_frame_active()), (number, true));
        alloc.end_frame();
    });
    exiting.join().unwrap();
    fixture.assert_all_freed();
}
