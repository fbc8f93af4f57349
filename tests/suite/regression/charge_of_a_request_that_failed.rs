//! A request that the budgets allow and the backend refuses: its bytes stayed in the budget's peak, it was reported as an
//! overrun, and blocks of containers, scratch and groups were counted although there were none.

#![expect(unsafe_code, reason = "implements a backend")]

use core::alloc::Layout;
use core::ptr::NonNull;
use std::any::Any;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use allocator_api2::alloc::Allocator;
use allocator_api2::vec::Vec;
use framealloc::backend::{AllocatorBackend, SystemBackend};
use framealloc::diagnostics::{FA310, FA311, Strict};
use framealloc::{AllocConfig, Budget, OnExceed, SmartAlloc};
use framealloc_tests::{Fixture, caught, on_thread};

const BYTES: usize = 100_000;
type Large = [u8; BYTES];
type Made = Option<Box<dyn Any>>;

fn made<T: 'static, E>(result: Result<T, E>) -> Made {
    result.ok().map(|value| Box::new(value) as _)
}

fn container(allocator: impl Allocator + 'static) -> Made {
    let mut vector = Vec::<u8, _>::new_in(allocator);
    made(vector.try_reserve_exact(BYTES).map(|()| vector))
}

/// A large object of the tag that is current, if there is memory.
type Way = fn(&SmartAlloc) -> Made;

const WAYS: [(&str, Way); 7] = [
    ("pool", |alloc| made(alloc.try_pool_box([0_u8; BYTES]))),
    ("heap", |alloc| made(alloc.try_heap_box([0_u8; BYTES]))),
    ("container of the pool", |alloc| container(alloc.pool_allocator())),
    ("container of the heap", |alloc| container(alloc.heap_allocator())),
    ("handle", |alloc| {
        let handle = alloc.handles().alloc_bytes(BYTES, 8).ok()?;
        let alloc = alloc.clone();
        Some(Box::new(on_drop(move || assert!(alloc.handles().free(handle)))))
    }),
    ("group", |alloc| {
        let mut group = alloc.groups().create_group("g");
        made(group.try_alloc([0_u8; BYTES]).map(|_| group))
    }),
    ("scratch", |alloc| made(alloc.scratch_pool("s").boxed::<Large>([0_u8; BYTES]))),
];

fn on_drop(work: impl FnMut() + 'static) -> impl Any {
    struct OnDrop<F: FnMut()>(F);
    impl<F: FnMut()> Drop for OnDrop<F> {
        fn drop(&mut self) {
            (self.0)();
        }
    }
    OnDrop(work)
}

/// Bytes alive, allocations and bytes ever of heap and pool under `t`.
fn counted(alloc: &SmartAlloc) -> [u64; 4] {
    let stats = alloc.tag_stats("t").unwrap();
    [stats.pool.live_bytes, stats.pool.allocations, stats.heap.live_bytes, stats.heap.allocations]
}

#[test]
fn leaves_no_trace() {
    for (name, make) in WAYS {
        let fixture = Fixture::new(AllocConfig::minimal());
        on_thread(|| {
            let alloc = &fixture.alloc;
            alloc.set_tag_budget("t", Budget::bytes(50_000));
            let _tag = alloc.tag_scope("t");
            let before = counted(alloc);
            fixture.backend.fail(0, u64::MAX);
            assert!(make(alloc).is_none(), "{name}");
            fixture.backend.heal();
            assert!(fixture.backend.failed() > 0, "{name}");
            let budget = alloc.tag_budget("t").unwrap();
            assert_eq!((budget.used, budget.peak, budget.overruns), (0, 0, 0), "{name}");
            assert_eq!(counted(alloc), before, "{name}");
            assert_eq!((fixture.reports(&FA310), fixture.reports(&FA311)), (vec![], vec![]), "{name}");
            let large = make(alloc).expect(name);
            let budget = alloc.tag_budget("t").unwrap();
            assert!(budget.used >= BYTES as u64 && budget.peak == budget.used, "{name}: {budget:?}");
            assert_eq!((budget.overruns, fixture.reports(&FA311).len()), (1, 1), "{name}");
            drop(large);
            alloc.scratch_registry().remove("s");
            let budget = alloc.tag_budget("t").unwrap();
            assert_eq!((budget.used, budget.overruns), (0, 1), "{name}");
        });
        fixture.assert_all_freed();
    }
}

#[test]
fn a_strict_report_of_what_was_served_gives_it_back() {
    for (name, make) in WAYS {
        let fixture = Fixture::strict(Strict::Warnings);
        on_thread(|| {
            let alloc = &fixture.alloc;
            alloc.set_tag_budget("t", Budget::bytes(50_000));
            let tag = alloc.tag_scope("t");
            assert!(caught(|| make(alloc)).contains("above the limit"), "{name}");
            let budget = alloc.tag_budget("t").unwrap();
            assert_eq!((budget.used, budget.overruns), (0, 1), "{name}");
            assert_eq!((counted(alloc)[0], counted(alloc)[2]), (0, 0), "{name}");
            drop(tag);
        });
        fixture.assert_all_freed();
    }
}

#[test]
fn a_container_is_charged_to_the_threads_pool_budget() {
    let fixture = Fixture::default();
    on_thread(|| {
        let alloc = &fixture.alloc;
        alloc.set_thread_pool_budget(Budget::bytes(1000).on_exceed(OnExceed::Fail));
        let used = || alloc.thread_pool_budget().unwrap().used;
        let small = {
            let mut vector = Vec::<u8, _>::new_in(alloc.pool_allocator());
            vector.try_reserve_exact(500).unwrap();
            vector
        };
        assert!((500..=1000).contains(&used()), "{}", used());
        assert!(container(alloc.pool_allocator()).is_none());
        drop(small);
        assert_eq!(used(), 0);
    });
    fixture.assert_all_freed();
}

/// Sets budgets when it is asked for a large block.
#[derive(Default)]
struct Sets {
    alloc: Mutex<Option<SmartAlloc>>,
    armed: AtomicBool,
    fails: AtomicBool,
    system: SystemBackend,
}

// SAFETY: every block comes from `SystemBackend` and goes back to it with the same layout.
unsafe impl AllocatorBackend for Sets {
    fn allocate(&self, layout: Layout) -> Option<NonNull<u8>> {
        if layout.size() >= BYTES && self.armed.swap(false, Ordering::Relaxed) {
            let alloc = self.alloc.lock().unwrap().take()?;
            alloc.set_tag_budget("t", Budget::bytes(1 << 20).on_exceed(OnExceed::Fail));
            alloc.set_budget(Budget::bytes(1 << 20));
            alloc.set_thread_pool_budget(Budget::bytes(1 << 20).on_exceed(OnExceed::Fail));
            drop(alloc.heap_box([0_u8; 100]));
            if self.fails.load(Ordering::Relaxed) {
                return None;
            }
        }
        self.system.allocate(layout)
    }

    unsafe fn deallocate(&self, block: NonNull<u8>, layout: Layout) {
        // SAFETY: by the caller, and blocks come from there.
        unsafe { self.system.deallocate(block, layout) }
    }
}

#[test]
fn budgets_that_are_set_while_an_object_is_made_know_of_it() {
    for ((name, make), fails) in WAYS.into_iter().flat_map(|way| [(way, false), (way, true)]) {
        let backend = Arc::new(Sets::default());
        let config = AllocConfig::minimal().with_strict(Strict::Off).with_backend(Arc::clone(&backend));
        let alloc = SmartAlloc::new(config).unwrap();
        on_thread(|| {
            let tag = alloc.tag_scope("t");
            alloc.set_tag_budget("t", 1_usize << 20);
            *backend.alloc.lock().unwrap() = Some(alloc.clone());
            backend.armed.store(true, Ordering::Relaxed);
            backend.fails.store(fails, Ordering::Relaxed);
            let made = make(&alloc);
            // Where idle memory went back, the backend was asked again.
            let least = if made.is_some() { BYTES as u64 } else { 0 };
            assert!(!backend.armed.load(Ordering::Relaxed) && (fails || least > 0), "{name}");
            let used = || {
                let pool = alloc.thread_pool_budget().unwrap();
                let budgets = [alloc.tag_budget("t").unwrap(), alloc.budget().unwrap(), pool];
                budgets.map(|budget| (budget.used, budget.reserved - budget.used))
            };
            let [(tag_used, _), (all, _), (pool, _)] = used();
            assert!(tag_used >= least && all == tag_used, "{name}: {:?}", used());
            assert!(least > 0 || tag_used == 0, "{name}: {:?}", used());
            assert_eq!(pool, if name.contains("pool") { tag_used } else { 0 }, "{name}: {:?}", used());
            drop(made);
            alloc.scratch_registry().remove("s");
            assert_eq!(used().map(|(used, _)| used), [0; 3], "{name}");
            drop(tag);
        });
        let reserved = on_thread(|| alloc.tag_budget("t").unwrap().reserved);
        assert_eq!(reserved, 0, "{name}");
    }
}
