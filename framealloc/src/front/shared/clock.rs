//! The frame number, and the thread that drives it.

use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::sys::ids::thread_number;

/// Counts frames. The first thread that begins one drives the number until it exits; the frames of other threads are
/// their own affair. Who takes the role over sees what the last driver counted; all else is relaxed.
#[derive(Debug, Default)]
pub(crate) struct FrameClock {
    number: AtomicU64,
    active: AtomicBool,
    /// Number of the driving thread; 0 for none.
    driver: AtomicU64,
}

impl FrameClock {
    #[inline(always)]
    pub(crate) fn number(&self) -> u64 {
        self.number.load(Ordering::Relaxed)
    }

    /// Whether the driver is between `begin_frame` and `end_frame`.
    pub(crate) fn is_active(&self) -> bool {
        self.active.load(Ordering::Relaxed)
    }

    /// Whether this thread drives.
    #[inline(always)]
    pub(crate) fn is_driver(&self) -> bool {
        self.driver.load(Ordering::Relaxed) == thread_number()
    }

    /// An outermost `begin_frame` of a thread that does not drive so far; whether it does from now on.
    #[cold]
    pub(crate) fn begin(&self) -> bool {
        let this = thread_number();
        let drives = self.is_driver()
            || self.driver.compare_exchange(0, this, Ordering::Acquire, Ordering::Relaxed).is_ok();
        if drives {
            self.advance();
        }
        drives
    }

    /// An outermost `begin_frame` of the driver.
    #[inline(always)]
    pub(crate) fn advance(&self) {
        self.number.store(self.number() + 1, Ordering::Relaxed);
        self.active.store(true, Ordering::Relaxed);
    }

    /// An outermost `end_frame` of the driver.
    #[inline(always)]
    pub(crate) fn stop(&self) {
        self.active.store(false, Ordering::Relaxed);
    }

    /// This thread exits: the next thread that begins a frame drives.
    pub(crate) fn resign(&self) {
        if self.is_driver() {
            self.active.store(false, Ordering::Relaxed);
            self.driver.store(0, Ordering::Release);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_thread_drives_and_the_role_passes_on() {
        let clock = FrameClock::default();
        assert!(clock.begin());
        assert_eq!((clock.number(), clock.is_active(), clock.is_driver()), (1, true, true));
        std::thread::scope(|scope| {
            scope.spawn(|| {
                assert!(!clock.begin());
                assert_eq!((clock.number(), clock.is_driver()), (1, false));
            });
        });
        clock.resign();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                assert!(clock.begin());
                assert_eq!((clock.number(), clock.is_driver()), (2, true));
            });
        });
    }

    /// Under Miri also where a thread sees what another one did as late as the model of memory allows.
    #[test]
    fn no_number_is_given_to_two_drivers() {
        let clock = FrameClock::default();
        let drive = || {
            let mut driven = Vec::new();
            while driven.len() < 5 {
                if clock.begin() {
                    driven.push(clock.number());
                    clock.stop();
                    clock.resign();
                }
                std::thread::yield_now();
            }
            driven
        };
        let mut numbers = std::thread::scope(|scope| {
            let threads = [(); 2].map(|()| scope.spawn(drive));
            threads.map(|thread| thread.join().unwrap()).concat()
        });
        numbers.sort_unstable();
        assert_eq!(numbers, (1..=10).collect::<Vec<u64>>());
    }
}
