//! Models of the depot. Run with
//! `RUSTFLAGS="--cfg framealloc_loom" cargo test -p framealloc --lib --release pool::loom_tests`.
//!
//! Loom sees the pool's locks and what the backend watches; the counters of magazines and the reference count of the
//! depot are the real ones. Racks have two slots.

use super::class::{block_size, class_of_layout};
use super::page::{PAGE, header_of};
use super::thread::free;
use super::*;
use crate::backend::WatchedBackend;
use crate::sys::sync::{Mutex, lock};
use core::alloc::Layout;
use core::ptr::NonNull;
use loom::thread;
use std::sync::Arc;

const SMALL: Layout = Layout::new::<[u64; 2]>();
/// Two of its blocks fill a page.
const HALF_PAGE: Layout = Layout::new::<[u64; 3 << 10]>();
/// No class serves it.
const HUGE: Layout = Layout::new::<[u64; 5 << 10]>();

/// A depot, and the memory below it.
#[derive(Clone)]
struct Scene {
    depot: Arc<Depot>,
    memory: Arc<WatchedBackend>,
}

impl Scene {
    fn new() -> Self {
        let memory = WatchedBackend::new();
        Self { depot: Depot::new(memory.handle()), memory }
    }

    /// A thread's pool; the models' threads share their thread-locals, so it is not entered there.
    fn thread(&self, owner: u64) -> Thread {
        Thread { pool: ThreadPool::new(self.depot.clone(), owner), memory: self.memory.clone() }
    }

    /// An object without a pool.
    fn take(&self, layout: Layout) -> Object {
        Object::new(self.depot.allocate(0, layout).unwrap(), layout, &self.memory)
    }

    /// Gives up the depot and says what its end left.
    fn close(self) {
        drop(self.depot);
        self.memory.assert_returned();
    }
}

struct Thread {
    pool: ThreadPool,
    memory: Arc<WatchedBackend>,
}

impl Thread {
    fn take(&self) -> Object {
        let cached = self.pool.alloc(SMALL);
        let block = cached.or_else(|| self.pool.alloc_of(self.pool.tag(), SMALL));
        Object::new(block.unwrap(), SMALL, &self.memory)
    }

    fn free(&self, object: Object) {
        let block = object.end();
        // SAFETY: P2, P5: the object is outside, so page and group are there; it is given up.
        unsafe {
            let group = &*(*header_of(block)).group;
            let set = self.pool.set_for(group.tag).expect("memory");
            let magazine = set.as_ref().magazine(group.class);
            magazine.make_room(self.pool.depot(), group);
            assert!(magazine.push(group, block));
        }
    }
}

/// What a user has.
struct Object {
    block: NonNull<u8>,
    layout: Layout,
    memory: Arc<WatchedBackend>,
}

impl Object {
    fn new(block: NonNull<u8>, layout: Layout, memory: &Arc<WatchedBackend>) -> Self {
        memory.touch(block);
        // SAFETY: P1: the block is the caller's.
        unsafe { block.write_bytes(0xAA, 16) };
        Self { block, layout, memory: memory.clone() }
    }

    /// Ends the use of the block.
    fn end(self) -> NonNull<u8> {
        self.memory.touch(self.block);
        // SAFETY: P1: the block is the caller's until it is freed.
        assert_eq!(
            unsafe { self.block.cast::<u128>().read() },
            u128::MAX / 0xFF * 0xAA,
            "another user wrote"
        );
        self.block
    }

    /// Frees it on a thread without a pool.
    fn free(self) {
        let class = class_of_layout(self.layout);
        // SAFETY: the object is of that class and is given up.
        unsafe { free(self.end(), class) };
    }
}

/// Live bytes less what threads contributed to them.
fn unexplained(depot: &Depot) -> i64 {
    let mut told = 0;
    depot.live_bytes(|_| true, |_, net| told += net) - told
}

#[test]
fn a_block_has_one_owner_and_every_block_comes_back() {
    loom::model(|| {
        let scene = Scene::new();
        let channel = Arc::new(Mutex::new(None));
        let other = {
            let (scene, channel) = (scene.clone(), channel.clone());
            thread::spawn(move || {
                let thread = scene.thread(1);
                let objects = [thread.take(), thread.take(), thread.take()];
                let [given, kept @ ..] = objects;
                *lock(&channel) = Some(given);
                kept.into_iter().for_each(|object| thread.free(object));
            })
        };
        let thread = scene.thread(2);
        let mine = thread.take();
        let theirs = lock(&channel).take();
        theirs.into_iter().for_each(|object| thread.free(object));
        thread.free(mine);
        drop(thread);
        other.join().unwrap();
        let left = lock(&channel).take();
        let stats = scene.depot.totals();
        assert_eq!((stats.allocations, stats.live_objects), (4, left.iter().count() as u64));
        assert_eq!(stats.cached_bytes, 0);
        assert_eq!(scene.depot.live_bytes(|_| true, |_, _| unreachable!()), stats.live_bytes as i64);
        left.into_iter().for_each(Object::free);
        scene.close();
    });
}

/// Two threads free the last objects, neither of which owns the depot, while its last owner lets go.
fn the_depot_goes_after_its_last_object(layout: Layout) {
    loom::model(move || {
        let Scene { depot, memory } = Scene::new();
        let scene = Scene { depot, memory: memory.clone() };
        let threads = [(); 2].map(|()| {
            let object = scene.take(layout);
            thread::spawn(move || object.free())
        });
        drop(scene);
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        memory.assert_returned();
    });
}

#[test]
fn the_depot_goes_after_its_last_block() {
    the_depot_goes_after_its_last_object(SMALL);
}

#[test]
fn the_depot_goes_after_its_last_large_object() {
    the_depot_goes_after_its_last_object(HUGE);
}

#[test]
fn an_object_outlives_the_threads_that_go() {
    loom::model(|| {
        let scene = Scene::new();
        let memory = scene.memory.clone();
        let object = scene.take(SMALL);
        let thread = {
            let scene = scene.clone();
            thread::spawn(move || {
                // Its end gives a batch back.
                let thread = scene.thread(1);
                drop(scene);
                let object = thread.take();
                thread.free(object);
            })
        };
        drop(scene);
        object.free();
        thread.join().unwrap();
        memory.assert_returned();
    });
}

#[test]
fn a_sum_fits_what_its_reader_was_told() {
    loom::model(|| {
        let scene = Scene::new();
        let channel = Arc::new(Mutex::new(None));
        let maker = {
            let (scene, channel) = (scene.clone(), channel.clone());
            thread::spawn(move || {
                let thread = scene.thread(1);
                *lock(&channel) = Some(thread.take());
                thread.pool.shrink();
                // Its set stays until the reader is done.
                thread
            })
        };
        let user = {
            let (scene, channel) = (scene.clone(), channel.clone());
            thread::spawn(move || {
                let thread = scene.thread(2);
                let object = lock(&channel).take();
                object.into_iter().for_each(|object| thread.free(object));
                thread.pool.shrink();
                thread
            })
        };
        assert_eq!(unexplained(&scene.depot), 0);
        assert_eq!(unexplained(&scene.depot), 0);
        let threads = [maker, user].map(|thread| thread.join().unwrap());
        assert_eq!(unexplained(&scene.depot), 0);
        drop(threads);
        let left = lock(&channel).take();
        let live = (left.iter().count() * block_size(class_of_layout(SMALL))) as i64;
        assert_eq!(unexplained(&scene.depot), live, "what no thread that runs has contributed");
        left.into_iter().for_each(Object::free);
        scene.close();
    });
}

#[test]
fn allocations_of_a_thread_that_ends_count_once() {
    loom::model(|| {
        let scene = Scene::new();
        let other = {
            let scene = scene.clone();
            thread::spawn(move || {
                let thread = scene.thread(1);
                let object = thread.take();
                thread.free(object);
            })
        };
        let mut before = 0;
        for _ in 0..2 {
            let now = scene.depot.totals().allocations;
            assert!((before..=1).contains(&now), "{before}, then {now}");
            before = now;
        }
        other.join().unwrap();
        assert_eq!(scene.depot.totals().allocations, 1);
        scene.close();
    });
}

#[test]
fn a_page_goes_back_once() {
    loom::model(|| {
        let scene = Scene::new();
        // One page is full, the other one is empty.
        let [one, two, three] = [(); 3].map(|()| scene.take(HALF_PAGE));
        three.free();
        let other = {
            let scene = scene.clone();
            thread::spawn(move || {
                let objects = [scene.take(HALF_PAGE), scene.take(HALF_PAGE)];
                let [freed, kept] = objects;
                freed.free();
                kept
            })
        };
        let freed = scene.depot.trim();
        assert!(freed <= PAGE);
        [one, two].into_iter().for_each(Object::free);
        other.join().unwrap().free();
        let pages = scene.depot.totals().pages as usize;
        assert!(pages <= 1, "{pages} pages for nothing");
        assert_eq!((scene.memory.live(PAGE), scene.depot.trim()), (pages, pages * PAGE));
        assert_eq!((scene.memory.live(PAGE), scene.depot.totals().pages), (0, 0));
        scene.close();
    });
}

#[test]
fn a_full_rack_changes_hands_while_the_depot_is_trimmed() {
    loom::model(|| {
        let scene = Scene::new();
        let kept = scene.take(SMALL);
        let thread = scene.thread(1);
        let objects = [(); 6].map(|()| thread.take());
        let other = {
            let scene = scene.clone();
            thread::spawn(move || {
                let thread = scene.thread(2);
                let objects = [thread.take(), thread.take(), thread.take()];
                objects.into_iter().for_each(|object| thread.free(object));
            })
        };
        // Two racks are full then, a third one is the group's.
        objects.into_iter().for_each(|object| thread.free(object));
        scene.depot.trim();
        drop(thread);
        other.join().unwrap();
        let stats = scene.depot.totals();
        assert_eq!((stats.allocations, stats.live_objects, stats.cached_bytes), (10, 1, 0));
        kept.free();
        scene.close();
    });
}
