//! Backends that use the pool they serve.

use super::super::class::class_of_layout;
use super::super::page::PAGE_LAYOUT;
use super::super::rack::Rack;
use super::*;
use core::cell::{Cell, RefCell};
use core::sync::atomic::AtomicU64;
use std::sync::{Mutex, OnceLock, Weak};

/// Frees what waits in a queue before it serves.
struct Draining {
    inner: SystemBackend,
    queue: Mutex<Vec<PoolBox<[u64; 8]>>>,
}

thread_local!(static NESTED: Cell<(u32, u32)> = const { Cell::new((0, 0)) });

// SAFETY: blocks are those of the inner backend.
unsafe impl AllocatorBackend for Draining {
    fn allocate(&self, layout: Layout) -> Option<NonNull<u8>> {
        let (depth, deepest) = NESTED.get();
        NESTED.set((depth + 1, deepest.max(depth + 1)));
        while let Some(next) = { self.queue.lock().expect("no panic").pop() } {
            drop(next);
        }
        NESTED.set((depth, NESTED.get().1));
        self.inner.allocate(layout)
    }

    unsafe fn deallocate(&self, ptr: NonNull<u8>, layout: Layout) {
        // SAFETY: the caller's promise.
        unsafe { self.inner.deallocate(ptr, layout) }
    }
}

#[test]
fn a_backend_that_frees_is_not_asked_once_per_object() {
    let backend = Arc::new(Draining { inner: SystemBackend::new(), queue: Mutex::default() });
    let depot = Depot::new(Arc::clone(&backend) as _);
    let boxes: Vec<_> = {
        let thread = Thread::new(&depot);
        (0..1000).map(|n| thread.boxed([n; 8])).collect()
    };
    let thread = Thread::new(&depot);
    let small = thread.boxed(1_u8);
    backend.queue.lock().expect("no panic").extend(boxes);
    let large = thread.boxed([0_u8; 40_000]);
    assert!(NESTED.get().1 <= 4, "{} deep", NESTED.get().1);
    assert_eq!(depot.totals().live_objects, 2);
    drop((small, large));
}

/// Uses the pool it serves, from within each call.
struct Reentrant {
    inner: Counting,
    depot: OnceLock<Weak<Depot>>,
}

thread_local!(static DEPTH: Cell<u32> = const { Cell::new(0) });

impl Reentrant {
    fn reenter(&self) {
        let Some(depot) = self.depot.get().and_then(Weak::upgrade) else { return };
        if DEPTH.replace(1) == 0 {
            let alloc = PoolAlloc::new(depot, 0);
            let boxes: Vec<_> = (0..150_u64).map_while(|n| alloc.try_box([n; 4]).ok()).collect();
            assert!(boxes.iter().enumerate().all(|(n, boxed)| boxed[3] == n as u64));
            drop(boxes);
            DEPTH.set(0);
        }
    }
}

// SAFETY: blocks are those of the inner backend.
unsafe impl AllocatorBackend for Reentrant {
    fn allocate(&self, layout: Layout) -> Option<NonNull<u8>> {
        self.reenter();
        let block = self.inner.allocate(layout);
        self.reenter();
        block
    }

    unsafe fn deallocate(&self, ptr: NonNull<u8>, layout: Layout) {
        self.reenter();
        // SAFETY: the caller's promise.
        unsafe { self.inner.deallocate(ptr, layout) }
        self.reenter();
    }
}

#[test]
fn the_backend_may_use_the_pool() {
    let inner = Arc::new(CountingBackend::new(SystemBackend::new()));
    let backend = Arc::new(Reentrant { inner: Arc::clone(&inner), depot: OnceLock::new() });
    let depot = Depot::new(Arc::clone(&backend) as _);
    backend.depot.set(Arc::downgrade(&depot)).expect("unset");
    let thread = Thread::new(&depot);
    let mut boxes = Vec::new();
    for round in 0..20_u16 {
        thread.0.select(round % 4, false);
        boxes.extend((0..1000_u64).map(|n| thread.boxed([n; 4])));
        boxes.drain(..500);
        thread.0.shrink();
        depot.trim();
    }
    assert!(boxes.iter().all(|boxed| boxed.iter().all(|n| *n == boxed[0])));
    assert_eq!(depot.totals().live_objects, boxes.len() as u64);
    drop((boxes, thread, depot));
    assert_eq!(inner.counts().live_blocks, 0);
}

/// Fills the magazine and the group with racks when a page is asked for, and looks at the counts when one goes back.
struct Refilling {
    inner: Counting,
    depot: OnceLock<Weak<Depot>>,
    made: AtomicU64,
}

thread_local! {
    static STAGE: Cell<u32> = const { Cell::new(0) };
    static KEPT: RefCell<Vec<PoolBox<[u8; 2048]>>> = const { RefCell::new(Vec::new()) };
}

// SAFETY: blocks are those of the inner backend.
unsafe impl AllocatorBackend for Refilling {
    fn allocate(&self, layout: Layout) -> Option<NonNull<u8>> {
        if layout == PAGE_LAYOUT && STAGE.get() == 1 {
            STAGE.set(2);
            KEPT.with_borrow_mut(|kept| kept.drain(..5).for_each(drop));
            let depot = self.depot.get().and_then(Weak::upgrade).expect("its thread has it");
            let class = class_of_layout(Layout::new::<[u8; 2048]>());
            let group = depot.group(class, 0).expect("it is there");
            for _ in 0..200 {
                group.keep_empty(Rack::new(depot.backend(), class).expect("memory"), depot.backend());
            }
            STAGE.set(3);
        }
        self.inner.allocate(layout)
    }

    unsafe fn deallocate(&self, ptr: NonNull<u8>, layout: Layout) {
        if STAGE.get() == 3 {
            let depot = self.depot.get().and_then(Weak::upgrade).expect("its thread has it");
            assert_eq!(depot.totals().allocations, self.made.load(Relaxed), "not made yet");
        }
        // SAFETY: the caller's promise.
        unsafe { self.inner.deallocate(ptr, layout) }
    }
}

#[test]
fn an_object_is_counted_when_no_foreign_code_runs_any_more() {
    let inner = Arc::new(CountingBackend::new(SystemBackend::new()));
    let backend = Refilling { inner: Arc::clone(&inner), depot: OnceLock::new(), made: AtomicU64::new(0) };
    let backend = Arc::new(backend);
    let depot = Depot::new(Arc::clone(&backend) as _);
    backend.depot.set(Arc::downgrade(&depot)).expect("unset");
    let thread = Thread::new(&depot);
    while STAGE.get() < 3 {
        let boxed = thread.boxed([1; 2048]);
        backend.made.fetch_add(1, Relaxed);
        KEPT.with_borrow_mut(|kept| kept.push(boxed));
        STAGE.set(STAGE.get().max(u32::from(backend.made.load(Relaxed) == 8)));
    }
    STAGE.set(0);
    assert_eq!(depot.totals().live_objects, KEPT.take().len() as u64);
    drop((thread, depot));
    assert_eq!(inner.counts().live_blocks, 0);
}
