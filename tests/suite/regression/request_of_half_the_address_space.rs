//! A budget that does not refuse holds the bytes of an object while it is made. Several requests of almost `isize::MAX` bytes
//! at once, which no backend serves, were more than its sum holds: what came back was more than what was there.

#![expect(unsafe_code, reason = "implements a backend")]

use core::alloc::Layout;
use core::ptr::NonNull;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

use allocator_api2::alloc::Allocator;
use framealloc::backend::{AllocatorBackend, SystemBackend};
use framealloc::{AllocConfig, Budget, OnExceed, SmartAlloc};
use framealloc_tests::on_thread;

const HUGE: Layout = match Layout::from_size_align(isize::MAX as usize - (1 << 20), 8) {
    Ok(layout) => layout,
    Err(_) => panic!(),
};

/// Asks the allocator for as much again, some times.
#[derive(Default)]
struct Asks {
    alloc: OnceLock<SmartAlloc>,
    depth: AtomicU32,
    system: SystemBackend,
}

// SAFETY: every block comes from `SystemBackend` and goes back to it with the same layout.
unsafe impl AllocatorBackend for Asks {
    fn allocate(&self, layout: Layout) -> Option<NonNull<u8>> {
        if layout.size() < HUGE.size() {
            return self.system.allocate(layout);
        }
        if self.depth.fetch_add(1, Ordering::Relaxed) < 4 {
            refused(self.alloc.get()?);
        }
        None
    }

    unsafe fn deallocate(&self, block: NonNull<u8>, layout: Layout) {
        // SAFETY: by the caller, and blocks come from there.
        unsafe { self.system.deallocate(block, layout) }
    }
}

fn refused(alloc: &SmartAlloc) {
    assert!(alloc.heap_allocator().allocate(HUGE).is_err());
    assert!(alloc.pool_allocator().allocate(HUGE).is_err());
}

#[test]
fn budgets_keep_their_sums() {
    let backend = Arc::new(Asks::default());
    let alloc = SmartAlloc::new(AllocConfig::default().with_backend(backend.clone())).unwrap();
    assert!(backend.alloc.set(alloc.clone()).is_ok());
    on_thread(|| {
        let warn = || Budget::bytes(1 << 20).on_exceed(OnExceed::Warn);
        alloc.set_tag_budget("t", warn());
        alloc.set_thread_pool_budget(warn());
        let _tag = alloc.tag_scope("t");
        let kept = (alloc.heap_box([0_u8; 1000]), alloc.pool_box([0_u8; 1024]));
        for _ in 0..2 {
            backend.depth.store(0, Ordering::Relaxed);
            refused(&alloc);
        }
        let (tag, pool) = (alloc.tag_budget("t").unwrap(), alloc.thread_pool_budget().unwrap());
        assert_eq!((tag.used, tag.peak, tag.overruns), (2024, 2024, 0));
        assert!((tag.used..1 << 20).contains(&tag.reserved), "{tag:?}");
        assert_eq!((pool.used, pool.reserved, pool.overruns), (1024, 1024, 0));
        drop(kept);
    });
    let left = on_thread(|| alloc.tag_budget("t").unwrap());
    assert_eq!((left.used, left.reserved), (0, 0));
}
