use super::super::class::class_of;
use super::super::rack::Rack;
use super::*;
use crate::backend::LimitedBackend;

/// Fails from the `n`th call on, until it is refilled.
struct Failing {
    left: AtomicI64,
    inner: Counting,
}

// SAFETY: blocks are those of the inner backend.
unsafe impl AllocatorBackend for Failing {
    fn allocate(&self, layout: Layout) -> Option<NonNull<u8>> {
        if self.left.fetch_sub(1, Relaxed) <= 0 {
            return None;
        }
        self.inner.allocate(layout)
    }

    unsafe fn deallocate(&self, ptr: NonNull<u8>, layout: Layout) {
        // SAFETY: the caller's promise.
        unsafe { self.inner.deallocate(ptr, layout) }
    }
}

fn failing(calls: i64) -> (Arc<Failing>, Counting) {
    let inner = Arc::new(CountingBackend::new(SystemBackend::new()));
    (Arc::new(Failing { left: AtomicI64::new(calls), inner: Arc::clone(&inner) }), inner)
}

#[test]
fn the_nth_failure_loses_nothing() {
    for calls in 0..40 {
        let (backend, counting) = failing(calls);
        let shared: Arc<dyn AllocatorBackend> = Arc::clone(&backend) as _;
        let depot = Depot::new(shared);
        let alloc = PoolAlloc::new(Arc::clone(&depot), 2);
        let mut live = Vec::new();
        let mut large = Vec::new();
        let direct = alloc.try_box([0_u64; 8]);
        let thread = Thread::new(&depot);
        for round in 0..3000 {
            thread.0.select(round / 100, false);
            live.extend(alloc.try_box([u64::from(round); 20]));
            if round % 500 == 0 {
                large.extend(alloc.try_box([round; 30_000]));
            }
            if round % 3 == 0 && live.len() > 10 {
                live.swap_remove(usize::from(round) % 10);
            }
        }
        assert!(live.iter().all(|boxed| boxed.iter().all(|n| *n == boxed[0])));
        let objects = live.len() + large.len() + usize::from(direct.is_ok());
        assert_eq!(depot.totals().live_objects, objects as u64, "after {calls} calls");
        // Frees need no memory, and with memory again everything works.
        drop(live);
        backend.left.store(1 << 40, Relaxed);
        assert!(alloc.try_box(1_u8).is_ok());
        drop((thread, large, direct, alloc, depot));
        assert_eq!(counting.counts().live_blocks, 0, "after {calls} calls");
    }
}

#[test]
fn memory_that_other_groups_keep_is_found() {
    let (backend, counting) = failing(1 << 40);
    let depot = Depot::new(Arc::clone(&backend) as _);
    let thread = Thread::new(&depot);
    drop(thread.boxed([0_u8; 16]));
    thread.0.shrink();
    assert_eq!(depot.totals().pages, 1);
    // The group, then a page that is refused once.
    backend.left.store(1, Relaxed);
    let before = counting.counts().live_bytes;
    assert!(thread.memory(Layout::new::<[u8; 500]>()).is_none());
    assert!(depot.totals().pages == 0 && counting.counts().live_bytes < before);
    // A rack and a page.
    backend.left.store(2, Relaxed);
    assert!(PoolAlloc::new(depot, 0).try_box([1_u8; 500]).is_ok());
}

#[test]
fn memory_in_idle_racks_is_found() {
    let limited = Arc::new(LimitedBackend::new(SystemBackend::new(), 200 << 10));
    let depot = Depot::new(Arc::clone(&limited) as _);
    let thread = Thread::new(&depot);
    let small = thread.boxed([0_u8; 16]);
    let group = depot.group(class_of(16, 1), 0).expect("it is there");
    for _ in 0..100 {
        group.keep_empty(Rack::new(depot.backend(), group.class).expect("memory"), depot.backend());
    }
    assert!(limited.used() + (64 << 10) > limited.limit());
    let other = thread.boxed([0_u8; 500]);
    drop((small, other, thread, depot));
    assert_eq!(limited.used(), 0);
}
