//! Bulk free runs each destructor once, whatever panics.

use std::sync::{Arc, Mutex};

use framealloc::{AllocError, Group, SmartAlloc};
use framealloc_tests::{Counted, DropCounter, Fixture, caught, on_thread};

/// Notes its name when it is dropped.
struct Noted(u32, Arc<Mutex<Vec<u32>>>);

impl Drop for Noted {
    fn drop(&mut self) {
        self.1.lock().unwrap().push(self.0);
    }
}

#[test]
fn the_latest_goes_first_and_slices_in_order() {
    let alloc = SmartAlloc::with_defaults();
    let order = Arc::new(Mutex::new(Vec::new()));
    let noted = |name| Noted(name, Arc::clone(&order));
    let mut group = alloc.groups().create_group("g");
    group.alloc(noted(1));
    group.alloc(7_u64);
    group.alloc_slice(3, |n| noted(10 + n as u32));
    group.alloc(noted(2));
    let freed = alloc.groups().free_group(group);
    assert_eq!(*order.lock().unwrap(), [2, 10, 11, 12, 1]);
    assert_eq!((freed.objects, freed.groups, freed.bytes), (6, 1, 4096));
}

fn full_group(alloc: &SmartAlloc, counter: &DropCounter) -> Group {
    let mut group = alloc.groups().create_group("g");
    for n in 0..200 {
        group.alloc(counter.make(n));
        group.alloc_slice(n as usize % 7, |n| counter.make(n as u64));
        group.alloc([n; 10]);
        if n % 50 == 0 {
            let inner = group.create_group("inner");
            group[inner].alloc_slice(20, |n| counter.make(n as u64));
        }
    }
    group
}

#[test]
fn dropping_a_group_is_freeing_it() {
    let fixture = Fixture::small();
    let counter = DropCounter::default();
    on_thread(|| {
        let group = full_group(&fixture.alloc, &counter);
        assert!(counter.alive() > 800 && fixture.live_bytes() > 0);
        drop(group);
        assert_eq!(counter.alive(), 0);
        let freed = fixture.alloc.groups().free_group(full_group(&fixture.alloc, &counter));
        assert_eq!((freed.groups, counter.alive()), (5, 0));
    });
    fixture.assert_all_freed();
}

#[test]
fn panicking_destructors_are_each_called_once_and_the_first_panic_goes_on() {
    let fixture = Fixture::small();
    let counter = DropCounter::default();
    on_thread(|| {
        for every in [1, 2, 3, 10] {
            let group = full_group(&fixture.alloc, &counter);
            let next = (counter.dropped() / every + 1) * every;
            counter.panic_every(every);
            let text = caught(|| fixture.alloc.groups().free_group(group));
            assert_eq!((text, counter.alive()), (format!("destructor {next} panics"), 0));
            counter.panic_every(0);

            let group = full_group(&fixture.alloc, &counter);
            counter.panic_every(every);
            assert!(caught(|| drop(group)).contains("panics"));
            counter.panic_every(0);
            assert_eq!(counter.alive(), 0);
        }
        let stats = fixture.alloc.stats();
        assert_eq!(stats.total.heap.live_bytes, 0, "the memory is back in spite of the panics");
    });
    fixture.assert_all_freed();
}

#[test]
fn a_group_that_unwinding_drops_keeps_its_panics_to_itself() {
    /// Panics always, also while the thread unwinds.
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("bomb");
        }
    }
    /// A payload whose destructor panics.
    struct Payload;
    impl Drop for Payload {
        fn drop(&mut self) {
            std::panic::panic_any(Bomb);
        }
    }
    struct Worse(#[expect(dead_code, reason = "is dropped after the panic")] Counted);
    impl Drop for Worse {
        fn drop(&mut self) {
            std::panic::panic_any(Payload);
        }
    }

    let fixture = Fixture::small();
    let counter = DropCounter::default();
    on_thread(|| {
        let text = caught(|| {
            let mut group = fixture.alloc.groups().create_group("g");
            for n in 0..10 {
                group.alloc(Worse(counter.make(n)));
                group.alloc(Bomb);
            }
            panic!("outer");
        });
        assert_eq!((text.as_str(), counter.alive()), ("outer", 0));
    });
    fixture.assert_all_freed();
}

#[test]
fn a_closure_that_panics_leaves_a_usable_group() {
    let alloc = SmartAlloc::with_defaults();
    let counter = DropCounter::default();
    let mut group = alloc.groups().create_group("g");
    let first = group.alloc(counter.make(1));
    let text = caught(|| {
        group.alloc_slice(10, |n| {
            assert!(n < 5, "the sixth fails");
            counter.make(n as u64)
        })
    });
    assert_eq!((text.as_str(), counter.alive(), group.objects()), ("the sixth fails", 1, 1));
    let second = group.alloc_slice(3, |n| counter.make(n as u64));
    group[first].verify();
    group[second].iter().for_each(Counted::verify);
    assert_eq!(alloc.groups().free_group(group).objects, 4);
    assert_eq!(counter.alive(), 0);
}

#[test]
fn any_alignment_no_size_and_too_much() {
    #[repr(align(4096))]
    struct Page(Counted);
    struct Nothing(DropCounter);
    impl Drop for Nothing {
        fn drop(&mut self) {
            drop(self.0.make(0));
        }
    }
    static ZERO_SIZED: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
    struct Zero;
    impl Drop for Zero {
        fn drop(&mut self) {
            ZERO_SIZED.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        }
    }

    let fixture = Fixture::small();
    let counter = DropCounter::default();
    on_thread(|| {
        let mut group = fixture.alloc.groups().create_group("g");
        let pages: Vec<_> = (0..4).map(|n| group.alloc(Page(counter.make(n)))).collect();
        let row = group.alloc_slice(3, |n| Page(counter.make(n as u64)));
        let zeros = group.alloc_slice(1000, |_| Zero);
        let zero = group.alloc(Zero);
        let empty = group.alloc_slice(0, |_| counter.make(0));
        let units = group.alloc_slice(100_000, |_| ());
        group.alloc(Nothing(counter.clone()));
        for page in &pages {
            assert_eq!((&raw const group[*page]).addr() % 4096, 0);
            group[*page].0.verify();
        }
        assert_eq!((group[row].as_ptr().addr() % 4096, group[row][2].0.payload), (0, 2));
        assert_eq!((group[zeros].len(), group[empty].len(), group[units].len()), (1000, 0, 100_000));
        assert!(group.get(zero).is_some());
        let overflow = AllocError::LayoutOverflow { count: usize::MAX, element_size: 8 };
        assert_eq!(group.try_alloc_slice(usize::MAX, |_| 0_u64), Err(overflow));
        let half = isize::MAX as usize / size_of::<Counted>();
        let error = group.try_alloc_slice(half, |_| counter.make(0)).unwrap_err();
        assert!(
            matches!(error, AllocError::LayoutOverflow { .. } | AllocError::OutOfMemory { .. }),
            "{error}"
        );
        assert!(matches!(
            group.try_alloc_slice(isize::MAX as usize, |_| 0_u8),
            Err(AllocError::OutOfMemory { .. })
        ));
        fixture.alloc.groups().free_group(group);
        assert_eq!(ZERO_SIZED.load(std::sync::atomic::Ordering::Relaxed), 1001);
    });
    assert_eq!(counter.alive(), 0);
    fixture.assert_all_freed();
}

#[test]
fn a_forgotten_group_stays() {
    let fixture = Fixture::small();
    let counter = DropCounter::default();
    on_thread(|| std::mem::forget(full_group(&fixture.alloc, &counter)));
    drop(fixture.alloc);
    assert!(counter.alive() > 800 && fixture.backend.counts().live_blocks > 0);
}
