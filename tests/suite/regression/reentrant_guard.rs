//! A backend that enters a tag of the allocator it serves and leaks the guard, while the stack of guards grows: the guard
//! that was being pushed took the wrong one for the one below it, and a later close took a run for a tag.

#![expect(unsafe_code, reason = "implements a backend")]

use core::alloc::Layout;
use core::ptr::NonNull;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use framealloc::backend::{AllocatorBackend, SystemBackend};
use framealloc::diagnostics::Strict;
use framealloc::{AllocConfig, SmartAlloc, frame_system};
use framealloc_tests::on_thread;

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
            framealloc_tests::model::bury(alloc.phase_scope("meddling"));
        }
        self.system.allocate(layout)
    }

    unsafe fn deallocate(&self, block: NonNull<u8>, layout: Layout) {
        // SAFETY: by the caller, and blocks come from there.
        unsafe { self.system.deallocate(block, layout) }
    }
}

#[frame_system(tag = "inner")]
fn inner(alloc: &SmartAlloc) -> usize {
    alloc.tag_path().len()
}

#[test]
fn a_backend_that_leaks_a_guard_while_another_is_pushed() {
    let backend = Arc::new(Meddler::default());
    let config = AllocConfig::minimal().with_strict(Strict::Off).with_backend(Arc::clone(&backend));
    let alloc = SmartAlloc::new(config).unwrap();
    backend.alloc.set(alloc.clone()).unwrap();
    on_thread(|| {
        let (outer, nested) = (alloc.tag("outer"), alloc.tag("nested"));
        drop(alloc.tag_scope(outer));
        drop(alloc.tag_scope(nested));
        drop(alloc.phase_scope("meddling"));
        assert_eq!(inner(&alloc), 5);
        // The stack of guards holds 16 and grows with the next one.
        let mut guards: Vec<_> = (0..16).map(|_| alloc.tag_scope(outer)).collect();
        backend.armed.store(true, Ordering::Relaxed);
        let last = alloc.tag_scope(nested);
        assert_eq!(&*alloc.tag_path(), "nested");
        drop(last);
        assert_eq!(&*alloc.tag_path(), "outer");
        while let Some(guard) = guards.pop() {
            drop(guard);
            assert_eq!(&*alloc.tag_path(), if guards.is_empty() { "(untagged)" } else { "outer" });
        }
        assert_eq!(alloc.current_tag(), None);
        assert_eq!(alloc.current_phase(), None);
    });
}
