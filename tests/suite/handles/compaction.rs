//! What moves, what stays, and who is told.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use framealloc::{Defragmented, ObjectHandle, SmartAlloc};
use framealloc_tests::layouts::{Line, Page, is_aligned};
use framealloc_tests::{DropCounter, Fixture, caught, on_thread};

type Small = [u64; 16];

/// `count` objects of which every `keep`th stays.
fn sparse(alloc: &SmartAlloc, count: u64, keep: u64) -> Vec<(u64, ObjectHandle<Small>)> {
    let handles = alloc.handles();
    let all: Vec<_> = (0..count).map(|n| (n, handles.alloc([n; 16]))).collect();
    let (kept, gone): (Vec<_>, Vec<_>) = all.into_iter().partition(|(n, _)| n % keep == 0);
    gone.into_iter().for_each(|(_, object)| assert!(handles.free(object)));
    kept
}

#[track_caller]
fn verify(alloc: &SmartAlloc, objects: &[(u64, ObjectHandle<Small>)]) {
    for (n, object) in objects {
        assert_eq!(*alloc.handles().resolve(*object).unwrap(), [*n; 16]);
    }
}

#[test]
fn sparse_pages_are_emptied_and_go_back() {
    let fixture = Fixture::default();
    on_thread(|| {
        let kept = sparse(&fixture.alloc, 20_000, 8);
        let (before, stats) = (fixture.live_bytes(), fixture.alloc.handles().stats());
        assert!(stats.fragmentation() > 0.8, "{stats:?}");
        let done = fixture.alloc.handles().defragment(usize::MAX);
        assert!(done.complete && done.bytes_moved <= 2 * 20_000 / 8 * 128, "{done:?}");
        assert_eq!(before - fixture.live_bytes(), done.bytes_returned - done.bytes_taken);
        let stats = fixture.alloc.handles().stats();
        // 2500 objects of 128 bytes, each with a header of 16: that is five pages and a half.
        assert_eq!(stats.resident_bytes, 6 << 16, "{stats:?}");
        verify(&fixture.alloc, &kept);
        let again = fixture.alloc.handles().defragment(usize::MAX);
        assert_eq!((again.bytes_moved, again.complete), (0, true));
    });
    fixture.assert_all_freed();
}

#[test]
fn the_budget_bounds_each_call_and_the_work_goes_on() {
    let fixture = Fixture::default();
    on_thread(|| {
        let kept = sparse(&fixture.alloc, 20_000, 5);
        let handles = fixture.alloc.handles();
        let none = handles.defragment(127);
        assert_eq!((none.objects_moved, none.complete), (0, false));
        let (mut calls, mut moved) = (0, 0);
        loop {
            let done = handles.defragment(4096);
            assert!(done.bytes_moved <= 4096);
            calls += 1;
            moved += done.bytes_moved;
            if calls == 10 {
                verify(&fixture.alloc, &kept);
            }
            if done.complete {
                break;
            }
            assert_eq!(done.bytes_moved, 4096, "every call does what it may");
        }
        assert!(calls > 20 && moved <= 4000 * 128, "{calls} calls, {moved} bytes");
        assert!(handles.stats().fragmentation() < 0.14, "{:?}", handles.stats());
        verify(&fixture.alloc, &kept);
    });
    fixture.assert_all_freed();
}

#[test]
fn objects_come_and_go_between_two_steps() {
    let fixture = Fixture::default();
    on_thread(|| {
        let handles = fixture.alloc.handles();
        let mut kept = sparse(&fixture.alloc, 20_000, 3);
        for round in 0..200 {
            handles.defragment(2000);
            let (_, gone) = kept.swap_remove(round * 7 % kept.len());
            assert!(handles.free(gone));
            kept.push((round as u64, handles.alloc([round as u64; 16])));
        }
        verify(&fixture.alloc, &kept);
        while !handles.defragment(50_000).complete {}
        verify(&fixture.alloc, &kept);
        // Every object goes while a page is being emptied.
        sparse(&fixture.alloc, 5000, 5000);
        handles.defragment(1000);
        kept.into_iter().for_each(|(_, object)| assert!(handles.free(object)));
        while !handles.defragment(50_000).complete {}
        assert_eq!(handles.stats().live_bytes, 128);
        assert!(handles.stats().resident_bytes <= 65_536, "{:?}", handles.stats());
    });
    fixture.assert_all_freed();
}

#[test]
fn what_is_pinned_or_borrowed_stays() {
    let fixture = Fixture::default();
    on_thread(|| {
        let handles = fixture.alloc.handles();
        let kept = sparse(&fixture.alloc, 4000, 400);
        let address = |object: ObjectHandle<Small>| {
            handles.resolve(object).map(|guard| (&raw const *guard).addr()).unwrap()
        };
        let before: Vec<_> = kept.iter().map(|(_, object)| address(*object)).collect();
        let pins: Vec<_> = kept.iter().map(|(_, object)| handles.pin(*object).unwrap()).collect();
        handles.pin(kept[0].1).unwrap();
        assert_eq!(handles.defragment(usize::MAX).bytes_moved, 0);
        assert!(kept.iter().all(|(_, object)| handles.unpin(*object)));
        let guards: Vec<_> = kept[1..].iter().map(|(_, object)| handles.resolve(*object).unwrap()).collect();
        assert_eq!(handles.defragment(usize::MAX).bytes_moved, 0);
        drop(guards);
        // The first one has a pin left. A pin that goes is a reason to try again.
        assert!(handles.pin(kept[1].1).is_some() && handles.unpin(kept[1].1));
        let done = handles.defragment(usize::MAX);
        assert!(done.objects_moved > 0 && done.bytes_returned > 0, "{done:?}");
        assert_eq!((pins[0].addr().get(), address(kept[0].1)), (before[0], before[0]));
        assert!(kept.iter().zip(&before).any(|((_, object), before)| address(*object) != *before));
        verify(&fixture.alloc, &kept);
    });
    fixture.assert_all_freed();
}

#[test]
fn alignment_is_kept() {
    let fixture = Fixture::default();
    on_thread(|| {
        let handles = fixture.alloc.handles();
        let mut pages = Vec::new();
        let mut lines = Vec::new();
        let mut odd = Vec::new();
        for n in 0..600_usize {
            pages.push((n, handles.alloc(Page([n as u8; 4096]))));
            lines.push((n, handles.alloc(Line([n as u8; 64]))));
            odd.push((n, handles.alloc_bytes(n * 3 % 700, 1 << (n % 13)).unwrap()));
        }
        let gone = |n: &usize| n % 4 != 1;
        pages.iter().filter(|(n, _)| gone(n)).for_each(|(_, page)| assert!(handles.free(*page)));
        lines.iter().filter(|(n, _)| gone(n)).for_each(|(_, line)| assert!(handles.free(*line)));
        odd.iter().filter(|(n, _)| gone(n)).for_each(|(_, block)| assert!(handles.free(*block)));
        let done = handles.defragment(usize::MAX);
        assert!(done.objects_moved > 100 && done.bytes_returned > 1 << 20, "{done:?}");
        for ((n, page), (_, line)) in pages.into_iter().zip(lines).filter(|((n, _), _)| !gone(n)) {
            let (page, line) = (handles.resolve(page).unwrap(), handles.resolve(line).unwrap());
            assert!(is_aligned(&*page) && is_aligned(&*line));
            assert_eq!((page.0, line.0), ([n as u8; 4096], [n as u8; 64]));
        }
        for (n, block) in odd.into_iter().filter(|(n, _)| !gone(n)) {
            let block = handles.resolve(block).unwrap();
            assert_eq!((block.len(), block.as_ptr().addr() % (1 << (n % 13))), (n * 3 % 700, 0));
        }
    });
    fixture.assert_all_freed();
}

#[test]
fn callbacks_follow_every_object() {
    let fixture = Fixture::default();
    on_thread(|| {
        let handles = fixture.alloc.handles();
        let places = Arc::new(Mutex::new(HashMap::new()));
        let told = Arc::new(AtomicU64::new(0));
        let (follow, count) = (places.clone(), told.clone());
        let id = handles.on_relocate(move |event| {
            let before = follow.lock().unwrap().insert(event.object, event.to);
            assert!(before.is_none_or(|before| before == event.from));
            assert_eq!(event.bytes, 128);
            count.fetch_add(1, Ordering::Relaxed);
        });
        let kept = sparse(&fixture.alloc, 6000, 6);
        let done = handles.defragment(usize::MAX);
        assert!(done.objects_moved > 100 && told.load(Ordering::Relaxed) == done.objects_moved);
        for (_, object) in &kept {
            let place = (&raw const *handles.resolve(*object).unwrap()).addr();
            assert!(places.lock().unwrap().get(&object.id()).is_none_or(|told| *told == place));
        }
        assert!(handles.remove_callback(id) && !handles.remove_callback(id));
        assert_eq!(Arc::strong_count(&places), 1);
    });
    fixture.assert_all_freed();
}

#[test]
fn a_callback_may_use_the_handles_and_may_panic() {
    let fixture = Fixture::default();
    let (first, last) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    on_thread(|| {
        let handles = fixture.alloc.handles();
        let kept = sparse(&fixture.alloc, 6000, 6);
        let (alloc, count) = (fixture.alloc.clone(), first.clone());
        let (own, lookup) = (kept.clone(), Mutex::new(Vec::new()));
        let meddles = handles.on_relocate(move |event| {
            count.fetch_add(1, Ordering::Relaxed);
            let handles = alloc.handles();
            let (n, object) = own.iter().find(|(_, object)| object.id() == event.object).unwrap();
            assert_eq!(*handles.resolve_mut(*object).unwrap(), [*n; 16]);
            assert_eq!(handles.defragment(usize::MAX), Defragmented::default());
            lookup.lock().unwrap().push(handles.alloc([*n as u8; 24]));
            if let Some(other) = lookup.lock().unwrap().pop() {
                assert!(handles.free(other));
            }
        });
        let panics = handles.on_relocate(|event| panic!("told of {} bytes", event.bytes));
        let count = last.clone();
        let counts = handles.on_relocate(move |_| {
            count.fetch_add(1, Ordering::Relaxed);
        });
        assert_eq!(caught(|| handles.defragment(usize::MAX)), "told of 128 bytes");
        assert_eq!((first.load(Ordering::Relaxed), last.load(Ordering::Relaxed)), (1, 1));
        assert!(handles.remove_callback(panics));
        let done = handles.defragment(usize::MAX);
        assert!(done.complete && done.objects_moved > 100);
        assert_eq!(first.load(Ordering::Relaxed), done.objects_moved + 1);
        assert_eq!(last.load(Ordering::Relaxed), done.objects_moved + 1);
        verify(&fixture.alloc, &kept);
        // The first one holds the allocator.
        assert!(handles.remove_callback(meddles) && handles.remove_callback(counts));
    });
    fixture.assert_all_freed();
}

#[test]
fn an_object_that_is_dropped_while_its_neighbours_move_leaves_a_hole() {
    let fixture = Fixture::default();
    let counter = DropCounter::default();
    on_thread(|| {
        let handles = fixture.alloc.handles();
        let objects: Vec<_> = (0..20_000).map(|n| handles.alloc(counter.make(n))).collect();
        let (kept, gone): (Vec<_>, Vec<_>) = objects.chunks(2).map(|pair| (pair[0], pair[1])).unzip();
        gone.into_iter().for_each(|object| assert!(handles.free(object)));
        let (left, right) = kept.split_at(5000);
        for object in left {
            handles.defragment(100);
            assert!(handles.free(*object));
        }
        while !handles.defragment(10_000).complete {}
        right.iter().for_each(|object| handles.resolve_mut(*object).unwrap().verify());
        assert_eq!(counter.alive(), 5000);
    });
    fixture.assert_all_freed();
    assert_eq!(counter.alive(), 0);
}
