//! A backend that uses the allocator it serves.

use std::alloc::Layout;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use framealloc::backend::{AllocatorBackend, SystemBackend};
use framealloc::diagnostics::Strict;
use framealloc::{AllocConfig, SmartAlloc};

/// The system's memory; the first request after [`arm`](Self::arm) uses the allocator.
pub struct Meddler {
    alloc: OnceLock<SmartAlloc>,
    armed: AtomicBool,
    act: fn(&SmartAlloc),
    system: SystemBackend,
}

impl Meddler {
    /// An allocator of `config`, and its backend, which runs `act` when it is armed.
    pub fn serving(config: AllocConfig, act: fn(&SmartAlloc)) -> (SmartAlloc, Arc<Self>) {
        let (alloc, armed, system) = (OnceLock::new(), AtomicBool::new(false), SystemBackend::new());
        let backend = Arc::new(Self { alloc, armed, act, system });
        let config = config.with_strict(Strict::Off).with_backend(Arc::clone(&backend));
        let alloc = SmartAlloc::new(config).expect("the configuration is valid");
        assert!(backend.alloc.set(alloc.clone()).is_ok());
        (alloc, backend)
    }

    /// Meddles with the next request.
    pub fn arm(&self) {
        self.armed.store(true, Ordering::Relaxed);
    }

    /// Whether there was no request since it was armed.
    pub fn is_armed(&self) -> bool {
        self.armed.load(Ordering::Relaxed)
    }
}

// SAFETY: every block comes from `SystemBackend` and goes back to it with the same layout.
unsafe impl AllocatorBackend for Meddler {
    fn allocate(&self, layout: Layout) -> Option<NonNull<u8>> {
        if self.armed.swap(false, Ordering::Relaxed)
            && let Some(alloc) = self.alloc.get()
        {
            (self.act)(alloc);
        }
        self.system.allocate(layout)
    }

    unsafe fn deallocate(&self, block: NonNull<u8>, layout: Layout) {
        // SAFETY: by the caller, and blocks come from there.
        unsafe { self.system.deallocate(block, layout) }
    }
}
