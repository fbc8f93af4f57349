//! Heap tracking with the wrapper installed as the program's global allocator.

use std::alloc::System;
use std::cell::RefCell;
use std::hint::black_box;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use framealloc::Tracking;
use framealloc::tracking::{HeapCounters, is_installed, thread_counters};

#[global_allocator]
static GLOBAL: Tracking<System> = Tracking::new(System);

fn counted<R>(f: impl FnOnce() -> R) -> (R, HeapCounters) {
    let before = thread_counters();
    let result = f();
    (result, thread_counters() - before)
}

#[test]
fn ordinary_collections_are_counted() {
    let (vec, made) = counted(|| black_box(Vec::<u8>::with_capacity(1000)));
    assert_eq!((made.allocations, made.allocated_bytes, made.frees), (1, 1000, 0));
    let ((), freed) = counted(|| drop(vec));
    assert_eq!((freed.allocations, freed.frees, freed.freed_bytes), (0, 1, 1000));

    let (mut zeroed, made) = counted(|| black_box(vec![0_u64; 64]));
    assert_eq!((made.allocations, made.allocated_bytes), (1, 512));
    let ((), moved) = counted(|| zeroed.reserve_exact(64));
    assert_eq!((moved.allocations, moved.allocated_bytes, moved.frees, moved.freed_bytes), (1, 1024, 1, 512));
    assert!(is_installed() && zeroed.iter().all(|n| *n == 0));
}

#[test]
fn nothing_used_is_nothing_counted() {
    let (_, used) = counted(|| black_box((0..1000_u64).sum::<u64>()));
    assert_eq!(used, HeapCounters::default());
}

#[test]
fn each_thread_has_its_own() {
    let ((), mine) = counted(|| {
        thread::scope(|scope| {
            let theirs = scope.spawn(|| counted(|| drop(black_box(Box::new([0_u8; 65536])))).1);
            let theirs = theirs.join().unwrap();
            assert_eq!((theirs.allocated_bytes, theirs.freed_bytes), (65536, 65536));
        });
    });
    // Spawning allocates here, the other thread's box does not.
    assert!(mine.allocations > 0 && mine.allocated_bytes < 65536, "{mine:?}");
}

#[test]
fn frees_count_on_the_thread_that_frees() {
    let block = black_box(Box::new([0_u8; 777]));
    let theirs = thread::spawn(move || counted(|| drop(block)).1).join().unwrap();
    assert_eq!((theirs.allocations, theirs.frees, theirs.freed_bytes), (0, 1, 777));
}

#[test]
fn destructors_of_thread_locals_are_counted() {
    static SEEN: AtomicU64 = AtomicU64::new(0);

    struct Late;

    impl Drop for Late {
        fn drop(&mut self) {
            let ((), used) = counted(|| drop(black_box(Box::new([0_u8; 555]))));
            SEEN.store(used.allocated_bytes + used.freed_bytes, Ordering::SeqCst);
        }
    }

    thread_local! {
        static LATE: RefCell<Option<Late>> = const { RefCell::new(None) };
    }

    thread::spawn(|| LATE.with_borrow_mut(|late| *late = Some(Late))).join().unwrap();
    assert_eq!(SEEN.load(Ordering::SeqCst), 1110);
}

#[test]
fn allocated_less_freed_is_what_is_live() {
    let kept = Mutex::new(Vec::new());
    let ((), used) = counted(|| {
        for n in 0..1000_usize {
            let block = black_box(vec![0_u8; n % 97 + 1]);
            if n % 10 == 0 {
                kept.lock().unwrap().push(block);
            }
        }
    });
    let kept = kept.into_inner().unwrap();
    let live = kept.iter().map(Vec::capacity).sum::<usize>() + kept.capacity() * size_of::<Vec<u8>>();
    assert_eq!(used.allocated_bytes - used.freed_bytes, live as u64);
    assert_eq!(used.allocations - used.frees, kept.len() as u64 + 1);
}

#[test]
fn over_aligned_blocks_pass_through() {
    #[repr(align(4096))]
    struct Page([u8; 4096]);

    let (page, used) = counted(|| black_box(Box::new(Page([7; 4096]))));
    assert!(std::ptr::from_ref(&*page).addr().is_multiple_of(4096) && page.0[4095] == 7);
    assert_eq!((used.allocations, used.allocated_bytes), (1, 4096));
}
