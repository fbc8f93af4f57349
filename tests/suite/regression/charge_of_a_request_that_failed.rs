//! A request that the budgets allow and the backend refuses: its bytes stayed in the budget's peak, it was reported as an
//! overrun, and blocks of containers, scratch and groups were counted although there were none.

use std::any::Any;

use allocator_api2::alloc::Allocator;
use allocator_api2::vec::Vec;
use framealloc::diagnostics::{FA310, FA311, Strict};
use framealloc::{AllocConfig, Budget, SmartAlloc};
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
        alloc.set_thread_pool_budget(Budget::bytes(1000).on_exceed(framealloc::OnExceed::Fail));
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
