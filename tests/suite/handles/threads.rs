//! Several threads use, free and move the same objects.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, RwLock};
use std::thread;

use framealloc::{ObjectHandle, SmartAlloc};
use framealloc_tests::{DropCounter, Fixture, Rng};

const STEPS: usize = if cfg!(miri) { 60 } else { 30_000 };

/// A value that is whole only if nobody wrote to it meanwhile and nobody moved it half.
struct Block {
    words: Vec<u64>,
    inline: [u64; 20],
    _counted: framealloc_tests::Counted,
}

impl Block {
    fn new(counter: &DropCounter, n: u64) -> Self {
        Self { words: vec![n; 4], inline: [n; 20], _counted: counter.make(n) }
    }

    fn verify(&self) {
        let n = self.inline[0];
        assert!(self.inline.iter().chain(&self.words).all(|word| *word == n));
    }

    fn change(&mut self, n: u64) {
        self.verify();
        self.inline.fill(n);
        self.words.fill(n);
    }
}

#[test]
fn readers_writers_movers_and_frees_do_not_disturb_each_other() {
    let fixture = Fixture::default();
    let counter = DropCounter::default();
    let moves = Arc::new(AtomicU64::new(0));
    let table: Vec<RwLock<Option<ObjectHandle<Block>>>> = (0..600).map(|_| RwLock::new(None)).collect();
    let count = moves.clone();
    let callback = fixture.alloc.handles().on_relocate(move |_| {
        count.fetch_add(1, Ordering::Relaxed);
    });
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        let movers = (0..2).map(|_| {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    fixture.alloc.handles().defragment(8192);
                    thread::yield_now();
                }
            })
        });
        let movers: Vec<_> = movers.collect();
        let users: Vec<_> = (0..4)
            .map(|seed| {
                let (alloc, table, counter) = (&fixture.alloc, &table, &counter);
                scope.spawn(move || use_objects(alloc, table, counter, seed))
            })
            .collect();
        let done: Vec<_> = users.into_iter().map(thread::ScopedJoinHandle::join).collect();
        stop.store(true, Ordering::Relaxed);
        movers.into_iter().for_each(|mover| mover.join().unwrap());
        done.into_iter().for_each(|user| user.unwrap());
    });
    assert!(cfg!(miri) || moves.load(Ordering::Relaxed) > 0, "nothing was moved");
    let handles = fixture.alloc.handles();
    let alive = table.iter().filter_map(|entry| *entry.read().unwrap()).count() as u64;
    assert_eq!((handles.stats().objects, counter.alive()), (alive, alive));
    for entry in table {
        if let Some(object) = entry.into_inner().unwrap() {
            handles.resolve_mut(object).unwrap().verify();
            assert!(handles.free(object));
        }
    }
    assert_eq!(fixture.stats().total.live_bytes(), 0);
    assert!(handles.remove_callback(callback));
}

fn use_objects(
    alloc: &SmartAlloc,
    table: &[RwLock<Option<ObjectHandle<Block>>>],
    counter: &DropCounter,
    seed: u64,
) {
    let (handles, mut rng) = (alloc.handles(), Rng::new(seed));
    let mut stale = Vec::new();
    for step in 0..STEPS {
        let entry = &table[rng.below(table.len())];
        let object = *entry.read().unwrap();
        match (rng.below(10), object) {
            (0, _) => {
                let fresh = handles.alloc(Block::new(counter, step as u64));
                if let Some(old) = entry.write().unwrap().replace(fresh) {
                    assert!(handles.free(old), "whoever takes a handle out of the table frees it");
                    stale.push(old);
                }
            }
            (1, Some(_)) => {
                if let Some(old) = entry.write().unwrap().take() {
                    assert!(handles.free(old));
                    stale.push(old);
                }
            }
            (2, Some(object)) => {
                let pinned = handles.pin(object).is_some();
                if pinned {
                    if let Some(mut guard) = handles.resolve_mut(object) {
                        let before = (&raw const *guard).addr();
                        thread::yield_now();
                        assert_eq!((&raw const *guard).addr(), before);
                        guard.change(step as u64);
                    }
                    assert!(handles.unpin(object));
                }
            }
            (3..=5, Some(object)) => {
                if let Some(mut guard) = handles.resolve_mut(object) {
                    guard.change(rng.next_u64());
                }
            }
            (_, Some(object)) => {
                if let Some(guard) = handles.resolve(object) {
                    guard.verify();
                }
            }
            _ => {}
        }
        if let Some(old) = stale.last().filter(|_| step % 16 == 0) {
            assert!(handles.resolve(*old).is_none() && !handles.free(*old));
        }
    }
}

#[test]
fn one_of_many_that_free_an_object_does() {
    let fixture = Fixture::default();
    let counter = DropCounter::default();
    for round in 0..if cfg!(miri) { 3 } else { 300 } {
        let object = fixture.alloc.handles().alloc(counter.make(round));
        let freed = AtomicU64::new(0);
        thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    let guard = fixture.alloc.handles().resolve_mut(object);
                    if fixture.alloc.handles().free(object) {
                        freed.fetch_add(1, Ordering::Relaxed);
                    }
                    drop(guard);
                });
            }
        });
        assert_eq!((freed.into_inner(), counter.alive()), (1, 0));
    }
}

#[test]
fn guards_go_to_other_threads() {
    let alloc = SmartAlloc::with_defaults();
    let counter = DropCounter::default();
    let shared = alloc.handles().alloc(vec![1, 2, 3]);
    let object = alloc.handles().alloc(counter.make(1));
    let (reader, writer) =
        (alloc.handles().resolve(shared).unwrap(), alloc.handles().resolve_mut(object).unwrap());
    assert!(alloc.handles().free(object) && alloc.handles().free(shared));
    thread::scope(|scope| {
        scope.spawn(move || assert_eq!(*reader, [1, 2, 3]));
        scope.spawn(move || drop(writer));
    });
    assert_eq!((counter.alive(), alloc.handles().stats().objects), (0, 0));
}
