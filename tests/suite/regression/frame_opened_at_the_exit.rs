//! A backend that allocates in the ambient frame when it is given memory back at a thread's exit: the frame was opened when
//! all others had ended, nobody ended it, and it kept the thread's memory.

use std::alloc::Layout;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use framealloc::backend::{AllocatorBackend, CountingBackend, SystemBackend};
use framealloc::diagnostics::Strict;
use framealloc::{AllocConfig, SmartAlloc};
use framealloc_tests::on_thread;

struct Exiting {
    alloc: OnceLock<SmartAlloc>,
    nth: AtomicU64,
    busy: AtomicBool,
    counting: CountingBackend<SystemBackend>,
}

// SAFETY: every block comes from the backend inside and goes back to it with the same layout.
unsafe impl AllocatorBackend for Exiting {
    fn allocate(&self, layout: Layout) -> Option<NonNull<u8>> {
        self.counting.allocate(layout)
    }

    unsafe fn deallocate(&self, block: NonNull<u8>, layout: Layout) {
        if let Some(alloc) = self.alloc.get()
            && !self.busy.swap(true, Ordering::Relaxed)
        {
            if self.nth.fetch_sub(1, Ordering::Relaxed) == 0 {
                drop(alloc.frame_box([1_u8; 64]));
            } else {
                self.busy.store(false, Ordering::Relaxed);
            }
        }
        // SAFETY: by the caller, and blocks come from there.
        unsafe { self.counting.deallocate(block, layout) }
    }
}

#[test]
fn a_frame_that_is_opened_at_the_exit_is_ended() {
    for nth in 0..12 {
        let backend = Arc::new(Exiting {
            alloc: OnceLock::new(),
            nth: AtomicU64::new(u64::MAX / 2),
            busy: AtomicBool::new(false),
            counting: CountingBackend::new(SystemBackend::new()),
        });
        let config = AllocConfig::default().with_strict(Strict::Off).with_backend(Arc::clone(&backend));
        let alloc = SmartAlloc::new(config).unwrap();
        assert!(backend.alloc.set(alloc.clone()).is_ok());
        on_thread(|| {
            alloc.begin_frame();
            drop(alloc.frame_box(1_u8));
            drop(alloc.pool_box(1_u8));
            alloc.end_frame();
            backend.nth.store(nth, Ordering::Relaxed);
        });
        let met = backend.busy.load(Ordering::Relaxed);
        let stats = alloc.stats();
        assert_eq!(stats.threads.len(), 1, "{nth} {met} {:?}", stats.threads);
    }
}
