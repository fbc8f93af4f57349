//! A backend that allocates in a frame while the stack of guards grows: the frame was open without a lease when the new
//! context, whose budget refuses, took over, and gave that budget the rest of its chunk.

#![expect(unsafe_code, reason = "implements a backend")]

use core::alloc::Layout;
use core::ptr::NonNull;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use framealloc::backend::{AllocatorBackend, SystemBackend};
use framealloc::diagnostics::Strict;
use framealloc::{AllocConfig, Budget, OnExceed, SmartAlloc};
use framealloc_tests::on_thread;

const KIB: usize = 1024;

#[derive(Default)]
struct Meddler {
    alloc: OnceLock<SmartAlloc>,
    armed: AtomicBool,
    system: SystemBackend,
}

// SAFETY: every block comes from `SystemBackend` and goes back to it with the same layout.
unsafe impl AllocatorBackend for Meddler {
    fn allocate(&self, layout: Layout) -> Option<NonNull<u8>> {
        if self.armed.swap(false, Ordering::Relaxed)
            && let Some(alloc) = self.alloc.get()
        {
            drop(alloc.frame_box([1_u8; 64]));
        }
        self.system.allocate(layout)
    }

    unsafe fn deallocate(&self, block: NonNull<u8>, layout: Layout) {
        // SAFETY: by the caller, and blocks come from there.
        unsafe { self.system.deallocate(block, layout) }
    }
}

#[test]
fn a_backend_that_allocates_while_a_guard_is_pushed() {
    let backend = Arc::new(Meddler::default());
    let config = AllocConfig::default().with_strict(Strict::Off).with_backend(Arc::clone(&backend));
    let alloc = SmartAlloc::new(config).unwrap();
    backend.alloc.set(alloc.clone()).unwrap();
    on_thread(|| {
        let (outer, nested) = (alloc.tag("outer"), alloc.tag("nested"));
        alloc.set_tag_budget("nested", Budget::bytes(64 * KIB).on_exceed(OnExceed::Fail));
        drop((alloc.tag_scope(outer), alloc.tag_scope(nested)));
        alloc.begin_frame();
        drop(alloc.frame_box(1_u64));
        // The stack of guards holds 16 and grows with the next one.
        let guards: Vec<_> = (0..16).map(|_| alloc.tag_scope(outer)).collect();
        backend.armed.store(true, Ordering::Relaxed);
        drop(alloc.tag_scope(nested));
        assert!(!backend.armed.load(Ordering::Relaxed), "the stack grew");
        guards.into_iter().rev().for_each(drop);
        alloc.end_frame();
        let _tag = alloc.tag_scope(nested);
        let frame = alloc.frame();
        let served = (0..1000).filter(|_| frame.try_uninit_slice::<u8>(KIB).is_ok()).count();
        assert!(served <= 64, "{served} KiB of 64");
    });
}
