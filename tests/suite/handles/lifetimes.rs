//! What a handle names, for how long, and who drops it.

use std::cell::Cell;
use std::sync::{Arc, OnceLock};

use framealloc::{AllocError, Budget, HandleError, ObjectHandle, OnExceed, SmartAlloc};
use framealloc_tests::layouts::{Line, Nothing, Page, is_aligned};
use framealloc_tests::{Counted, DropCounter, Fixture, caught, on_thread};

#[test]
fn a_handle_names_its_object_until_it_is_freed() {
    let fixture = Fixture::default();
    on_thread(|| {
        let handles = fixture.alloc.handles();
        let first = handles.alloc(String::from("one"));
        handles.resolve_mut(first).unwrap().push('!');
        assert_eq!(*handles.resolve(first).unwrap(), "one!");
        assert!(handles.free(first) && !handles.free(first));
        let second = handles.alloc(String::from("two"));
        assert!(first != second && !handles.contains(first));
        assert_eq!(handles.try_resolve(first).unwrap_err(), HandleError::Stale);
        assert_eq!(handles.try_resolve_mut(first).unwrap_err(), HandleError::Stale);
        assert!(handles.pin(first).is_none() && !handles.unpin(first));
        assert_eq!(handles.resolve(second).as_deref().map(String::as_str), Some("two"));
    });
    fixture.assert_all_freed();
}

#[test]
fn another_allocators_handle_is_none() {
    let (ours, theirs) = (SmartAlloc::with_defaults(), SmartAlloc::with_defaults());
    let (mine, other) = (ours.handles().alloc(1_u64), theirs.handles().alloc(2_u64));
    assert!(ours.handles().resolve(other).is_none() && theirs.handles().resolve_mut(mine).is_none());
    assert!(!ours.handles().free(other) && ours.handles().pin(other).is_none());
    assert_eq!((*ours.handles().resolve(mine).unwrap(), *theirs.handles().resolve(other).unwrap()), (1, 2));
    drop(theirs);
    assert!(ours.handles().resolve(other).is_none());
}

#[test]
fn borrows_exclude_each_other() {
    let alloc = SmartAlloc::with_defaults();
    let handles = alloc.handles();
    let object = handles.alloc(5_u32);
    let (one, two) = (handles.resolve(object).unwrap(), handles.resolve(object).unwrap());
    assert_eq!(handles.try_resolve_mut(object).unwrap_err(), HandleError::InUse);
    drop((one, two));
    let mut writer = handles.resolve_mut(object).unwrap();
    assert_eq!(handles.try_resolve(object).unwrap_err(), HandleError::InUse);
    assert!(handles.resolve_mut(object).is_none() && handles.contains(object));
    assert!(handles.pin(object).is_some(), "a pin only keeps the address");
    *writer += 1;
    drop(writer);
    assert_eq!(*handles.resolve(object).unwrap(), 6);
}

#[test]
fn borrows_that_were_leaked_run_out_without_harm() {
    let counter = DropCounter::default();
    let fixture = Fixture::default();
    on_thread(|| {
        let handles = fixture.alloc.handles();
        let object = handles.alloc(counter.make(1));
        let shared = handles.alloc(7_u8);
        let granted = (0..70_000).map_while(|_| handles.resolve(shared).map(std::mem::forget)).count();
        assert_eq!((granted, handles.try_resolve(shared).unwrap_err()), (65_535, HandleError::InUse));
        assert_eq!((0..5000).map_while(|_| handles.pin(shared)).count(), 4095);
        std::mem::forget(handles.resolve_mut(object));
        assert!(handles.free(object) && !handles.contains(object));
        assert_eq!(counter.alive(), 1, "somebody may still use it");
        assert!(!handles.free(object));
    });
    fixture.assert_all_freed();
    assert_eq!(counter.alive(), 0, "the allocator is gone, and so is whoever might use it");
}

#[test]
fn a_freed_object_is_dropped_by_the_last_that_lets_go() {
    let (alloc, counter) = (SmartAlloc::with_defaults(), DropCounter::default());
    let handles = alloc.handles();
    let object = handles.alloc(Arc::new(counter.make(3)));
    let (reader, other) = (handles.resolve(object).unwrap(), handles.resolve(object).unwrap());
    assert!(handles.pin(object).is_some() && handles.pin(object).is_some());
    assert!(handles.free(object) && handles.resolve(object).is_none());
    drop(other);
    reader.verify();
    drop(reader);
    assert!(handles.unpin(object));
    assert_eq!(counter.alive(), 1);
    assert!(handles.unpin(object) && !handles.unpin(object));
    assert_eq!((counter.alive(), handles.stats().objects), (0, 0));
}

#[test]
fn every_size_and_alignment() {
    let fixture = Fixture::default();
    on_thread(|| {
        let handles = fixture.alloc.handles();
        let pages: Vec<_> = (0..40_u8).map(|n| handles.alloc(Page([n; 4096]))).collect();
        let lines: Vec<_> = (0..200_u8).map(|n| handles.alloc(Line([n; 64]))).collect();
        let nothing = handles.alloc(Nothing);
        let bytes = [(0, 1), (1, 1), (3, 2048), (5, 8192), (16_384, 4096), (16_385, 1), (300_000, 65_536)];
        let bytes = bytes.map(|(len, align)| (handles.alloc_bytes(len, align).unwrap(), len, align));
        for (n, page) in pages.iter().enumerate() {
            let page = handles.resolve(*page).unwrap();
            assert!(is_aligned(&*page) && *page == Page([n as u8; 4096]));
        }
        for (n, line) in lines.iter().enumerate() {
            let line = handles.resolve(*line).unwrap();
            assert!(is_aligned(&*line) && *line == Line([n as u8; 64]));
        }
        assert!(is_aligned(&*handles.resolve(nothing).unwrap()));
        for (block, len, align) in bytes {
            let mut block = handles.resolve_mut(block).unwrap();
            assert_eq!((block.len(), block.as_ptr().addr() % align), (len, 0));
            assert!(block.iter().all(|byte| *byte == 0));
            block.fill(0xee);
        }
        assert!(matches!(handles.alloc_bytes(1, 3), Err(AllocError::InvalidConfig { field: "align", .. })));
        let endless = handles.alloc_bytes(isize::MAX as usize, 4096);
        assert!(matches!(endless, Err(AllocError::LayoutOverflow { .. })));
        assert!(matches!(handles.alloc_bytes(usize::MAX, 1), Err(AllocError::LayoutOverflow { .. })));
        pages.into_iter().for_each(|page| assert!(handles.free(page)));
        lines.into_iter().for_each(|line| assert!(handles.free(line)));
        bytes.into_iter().for_each(|(block, ..)| assert!(handles.free(block)));
        assert!(handles.free(nothing));
        assert_eq!((handles.stats().objects, handles.stats().live_bytes), (0, 0));
        handles.defragment(0);
        assert_eq!(handles.stats().resident_bytes, 0);
    });
    fixture.assert_all_freed();
}

#[test]
fn bytes_count_for_the_tag_they_were_made_under() {
    let fixture = Fixture::default();
    on_thread(|| {
        let alloc = &fixture.alloc;
        let objects: Vec<_> =
            alloc.with_tag("level", |alloc| (0..10).map(|_| alloc.handles().alloc([0_u8; 100])).collect());
        let large = alloc.with_tag("level", |alloc| alloc.handles().alloc_bytes(100_000, 1).unwrap());
        let heap = |alloc: &SmartAlloc| alloc.tag_stats("level").unwrap().heap;
        assert_eq!((heap(alloc).live_bytes, heap(alloc).allocations), (101_000, 11));
        std::thread::scope(|scope| {
            scope.spawn(|| alloc.handles().free(large));
        });
        objects[1..].iter().for_each(|object| assert!(alloc.handles().free(*object)));
        assert_eq!((heap(alloc).live_bytes, heap(alloc).allocated_bytes), (100, 101_000));
        alloc.handles().defragment(usize::MAX);
        assert_eq!(heap(alloc).live_bytes, 100);
        assert!(alloc.handles().free(objects[0]));
        assert_eq!(alloc.stats().total.live_bytes(), 0);
    });
    fixture.assert_all_freed();
}

#[test]
fn budgets_refuse_and_are_credited() {
    let fixture = Fixture::default();
    on_thread(|| {
        let alloc = &fixture.alloc;
        let handles = alloc.handles();
        alloc.set_tag_budget("level", Budget::bytes(1000).on_exceed(OnExceed::Fail));
        alloc.set_budget(Budget::bytes(5000).on_exceed(OnExceed::Fail));
        let _level = alloc.tag_scope("level");
        let first = handles.alloc([1_u8; 600]);
        let refused = handles.try_alloc([2_u8; 600]).unwrap_err();
        let AllocError::BudgetExceeded { budget, used, requested, .. } = &refused else {
            panic!("{refused}")
        };
        assert_eq!((&**budget, *used, *requested), ("tag level", 600, 600));
        assert!(caught(|| handles.alloc([2_u8; 600])).contains("budget of tag level exceeded"));
        assert!(handles.alloc_bytes(401, 1).is_err() && handles.alloc_bytes(400, 1).is_ok());
        assert!(handles.free(first));
        assert_eq!(alloc.tag_budget("level").unwrap().used, 400);
        drop(_level);
        assert!(handles.try_alloc([0_u8; 4700]).is_err(), "the allocator's");
        assert!(handles.try_alloc([0_u8; 4600]).is_ok());
        assert_eq!(alloc.budget().unwrap().used, 5000);
    });
    fixture.assert_all_freed();
}

#[test]
fn handles_by_the_hundred_thousand() {
    const MANY: usize = if cfg!(miri) { 1500 } else { 300_000 };
    let fixture = Fixture::default();
    on_thread(|| {
        let handles = fixture.alloc.handles();
        let all: Vec<_> = (0..MANY).map(|_| handles.alloc(Nothing)).collect();
        assert!(all.iter().all(|object| handles.contains(*object)));
        let table = handles.stats().table_bytes;
        assert_eq!((fixture.live_bytes() >= table, handles.stats().resident_bytes), (true, 0));
        assert!((48..60).contains(&(table / MANY as u64)) || cfg!(miri), "{table} bytes");
        all.iter().for_each(|object| assert!(handles.free(*object)));
        let again = handles.alloc(Nothing);
        assert!(!all.contains(&again) && handles.stats().table_bytes == table, "slots are used again");
    });
    fixture.assert_all_freed();
}

/// Uses the handles of its allocator while it is dropped.
struct Meddler {
    alloc: &'static OnceLock<SmartAlloc>,
    own: &'static OnceLock<ObjectHandle<Meddler>>,
    met: &'static Cell<u32>,
}

// SAFETY: the test has one thread.
unsafe impl Send for Meddler {}

impl Drop for Meddler {
    fn drop(&mut self) {
        let handles = self.alloc.get().unwrap().handles();
        let own = *self.own.get().unwrap();
        assert!(handles.resolve_mut(own).is_none() && !handles.free(own) && handles.pin(own).is_none());
        let fresh = handles.alloc([1_u8; 200]);
        assert!(handles.free(fresh));
        handles.defragment(usize::MAX);
        self.met.set(self.met.get() + 1);
    }
}

#[test]
fn a_destructor_may_use_the_handles() {
    let alloc = Box::leak(Box::new(OnceLock::new()));
    let own = Box::leak(Box::new(OnceLock::new()));
    let met = Box::leak(Box::new(Cell::new(0)));
    alloc.set(SmartAlloc::with_defaults()).unwrap();
    let handles = alloc.get().unwrap().handles();
    let meddler = handles.alloc(Meddler { alloc, own, met });
    own.set(meddler).unwrap();
    assert!(handles.free(meddler));
    assert_eq!((met.get(), handles.stats().objects), (1, 0));
}

#[test]
fn a_destructor_that_panics_gives_its_memory_back() {
    let fixture = Fixture::default();
    let counter = DropCounter::default();
    on_thread(|| {
        let handles = fixture.alloc.handles();
        let objects: Vec<_> = (0..8).map(|n| handles.alloc(counter.make(n))).collect();
        counter.panic_every(2);
        for (n, object) in objects.iter().enumerate() {
            if n % 2 == 0 {
                assert!(handles.free(*object));
            } else {
                assert!(caught(|| handles.free(*object)).contains("panics"));
            }
        }
        let guarded = handles.alloc(counter.make(9));
        let guard = handles.resolve_mut(guarded).unwrap();
        assert!(handles.free(guarded));
        drop(guard);
        assert_eq!((handles.stats().objects, fixture.alloc.stats().total.live_bytes()), (0, 0));
        assert!(handles.contains(handles.alloc(1)));
    });
    assert_eq!(counter.alive(), 0);
    fixture.assert_all_freed();
}

#[test]
fn what_is_alive_when_the_allocator_goes_is_dropped() {
    let fixture = Fixture::default();
    let counter = DropCounter::default();
    on_thread(|| {
        let handles = fixture.alloc.handles();
        for n in 0..3000 {
            handles.alloc(counter.make(n));
        }
        handles.pin(handles.alloc(counter.make(1))).unwrap();
        handles.alloc([0_u8; 40_000]);
        assert_eq!(counter.alive(), 3001);
    });
    counter.panic_every(100);
    fixture.assert_all_freed();
    assert_eq!(counter.alive(), 0, "a destructor that panics does not stop the others");
}

#[test]
fn what_is_not_sync_is_borrowed_mutably() {
    let alloc = SmartAlloc::with_defaults();
    let cell = alloc.handles().alloc(Cell::new(1));
    std::thread::scope(|scope| {
        scope.spawn(|| alloc.handles().resolve_mut(cell).unwrap().set(2));
    });
    assert_eq!(alloc.handles().resolve_mut(cell).unwrap().get(), 2);
}

#[test]
fn handles_say_what_they_are() {
    let alloc = SmartAlloc::with_defaults();
    let object = alloc.handles().alloc(String::from("text"));
    assert!(format!("{object:?}").starts_with("ObjectHandle(0v0"));
    assert!(format!("{:?}", object.id()).contains("of allocator"));
    assert_eq!(format!("{:?}", alloc.handles().resolve(object).unwrap()), "\"text\"");
    assert!(
        HandleError::Stale.to_string().contains("freed") && HandleError::InUse.to_string().contains("guard")
    );
    assert!(format!("{:?}", alloc.handles()).contains("objects: 1"));
    let counted: ObjectHandle<Counted> = alloc.handles().alloc(DropCounter::default().make(1));
    assert_eq!(counted, { counted });
}
