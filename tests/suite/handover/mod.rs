//! What threads hand to each other: values, the end of a frame, destructors.

mod barrier;
mod deferred;
mod moments;
mod policies;
mod stress;
mod transfer;

use std::sync::{Arc, Mutex};
use std::thread::ThreadId;

/// Where values were dropped, in order.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<(u32, ThreadId)>>>);

/// A value that says where and when it is dropped.
struct Logged(u32, Log);

impl Log {
    fn value(&self, number: u32) -> Logged {
        Logged(number, self.clone())
    }

    fn numbers(&self) -> Vec<u32> {
        self.0.lock().unwrap().iter().map(|(number, _)| *number).collect()
    }

    /// Whether all of them were dropped on the calling thread.
    fn all_here(&self) -> bool {
        self.0.lock().unwrap().iter().all(|(_, thread)| *thread == std::thread::current().id())
    }
}

impl Drop for Logged {
    fn drop(&mut self) {
        self.1.0.lock().unwrap().push((self.0, std::thread::current().id()));
    }
}

/// Runs its closure when it is dropped.
struct OnDrop<F: FnOnce()>(Option<F>);

fn on_drop<F: FnOnce()>(work: F) -> OnDrop<F> {
    OnDrop(Some(work))
}

impl<F: FnOnce()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0.take().unwrap())();
    }
}
