//! A budget that is set while an exiting thread gives its blocks back: the thread's accounts were gone when it read the
//! budget, and what it had allocated, and others hold, was taken off.

#![expect(unsafe_code, reason = "implements a backend")]

use core::alloc::Layout;
use core::ptr::NonNull;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier, Mutex};
use std::thread;

use framealloc::backend::{AllocatorBackend, SystemBackend};
use framealloc::diagnostics::Strict;
use framealloc::{AllocConfig, SmartAlloc};

const KIB: usize = 1024;

/// Waits, once it is armed, in the middle of giving a page back.
struct Gate {
    armed: AtomicBool,
    barrier: Barrier,
    system: SystemBackend,
}

// SAFETY: every block comes from `SystemBackend` and goes back to it with the same layout.
unsafe impl AllocatorBackend for Gate {
    fn allocate(&self, layout: Layout) -> Option<NonNull<u8>> {
        self.system.allocate(layout)
    }

    unsafe fn deallocate(&self, block: NonNull<u8>, layout: Layout) {
        if layout.size() == 64 * KIB && self.armed.swap(false, Ordering::SeqCst) {
            self.barrier.wait();
            self.barrier.wait();
        }
        // SAFETY: by the caller, and blocks come from there.
        unsafe { self.system.deallocate(block, layout) }
    }
}

#[test]
fn what_the_thread_leaves_behind_stays_charged() {
    let gate = Arc::new(Gate {
        armed: AtomicBool::new(false),
        barrier: Barrier::new(2),
        system: SystemBackend::new(),
    });
    let config = AllocConfig::minimal().with_strict(Strict::Off).with_backend(Arc::clone(&gate));
    let alloc = SmartAlloc::new(config).unwrap();
    let kept = Mutex::new(Vec::new());
    thread::scope(|scope| {
        let exiting = scope.spawn(|| {
            let _tag = alloc.tag_scope("t");
            kept.lock().unwrap().extend((0..10).map(|_| alloc.pool_box([1_u8; KIB])));
            // Enough for empty pages when the thread gives its blocks back.
            drop((0..500).map(|_| alloc.pool_box([1_u8; 2 * KIB])).collect::<Vec<_>>());
            gate.armed.store(true, Ordering::SeqCst);
        });
        gate.barrier.wait();
        alloc.set_tag_budget("t", 1_usize << 20);
        gate.barrier.wait();
        // With the end of its thread-locals.
        exiting.join().unwrap();
    });
    let used = || alloc.tag_budget("t").unwrap().used;
    assert_eq!(used(), 10 * KIB as u64);
    drop(kept);
    assert_eq!(used(), 0);
}
