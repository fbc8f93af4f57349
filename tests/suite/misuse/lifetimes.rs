//! What lives too long, or moves where it must not.

use std::mem::forget;
use std::sync::Arc;
use std::thread;

use framealloc::diagnostics::{FA601, Strict};
use framealloc::{AllocConfig, AllocError, RetentionPolicy, SmartAlloc};
use framealloc_tests::model::exhume;
use framealloc_tests::{DropCounter, Fixture, caught, on_thread};

use super::compile_error;

// fa:allow(FA606): that it is safe after the end of its frame, and finds what it should, is what this shows
#[test]
fn misuse_01_frame_box_after_end_frame() {
    let counter = DropCounter::default();
    let fixture = Fixture::small();
    on_thread(|| {
        let alloc = &fixture.alloc;
        alloc.begin_frame();
        let boxed = alloc.frame_box(counter.make(7));
        let slice = alloc.frame_slice_from_fn(1000, |n| n as u64);
        alloc.end_frame();
        for round in 0..50_u64 {
            alloc.begin_frame();
            let others: Vec<_> = (0..50).map(|n| alloc.frame_box([round + n; 30])).collect();
            boxed.verify();
            assert!(slice.iter().enumerate().all(|(n, value)| n as u64 == *value), "round {round}");
            drop(others);
            alloc.end_frame();
        }
        let report = &fixture.reports(&FA601)[0];
        assert!(report.message.starts_with("2 handles"), "{}", report.message);
    });
    assert_eq!(counter.alive(), 0);
    fixture.assert_all_freed();
    // The scoped form does not compile.
    compile_error("frame/use_after_drop");
    compile_error("frame/handle_outlives_allocator");
}

#[test]
fn misuse_02_two_allocators_on_one_thread() {
    let (first, second) = (Fixture::small(), Fixture::small());
    on_thread(|| {
        first.alloc.begin_frame();
        second.alloc.begin_frame();
        let mut held = Vec::new();
        for n in 0..300_u64 {
            let alloc = [&first.alloc, &second.alloc][(n % 2) as usize];
            // fa:allow(FA601): handles of one allocator outlive its frames while those of the other go on
            held.push((n, alloc.frame_box([n; 20]), alloc.pool_box([n; 20])));
            if n % 50 == 49 {
                first.alloc.end_frame();
                first.alloc.begin_frame();
            }
        }
        for (n, frame, pool) in &held {
            assert_eq!((frame[..].to_vec(), pool[..].to_vec()), (vec![*n; 20], vec![*n; 20]));
        }
        second.alloc.end_frame();
        assert!(first.alloc.is_frame_active() && !second.alloc.is_frame_active());
        let (numbers, reports) = (first.alloc.frame_number(), second.alloc.frame_number());
        assert_eq!((numbers, reports), (7, 1));
        held.clear();
        first.alloc.end_frame();
        assert_eq!(first.alloc.stats().total.live_bytes() + second.alloc.stats().total.live_bytes(), 0);
    });
    first.assert_all_freed();
    second.assert_all_freed();
}

#[test]
fn misuse_03_static_reference_into_a_thread_that_ended() {
    // A `'static` allocator gives `'static` handles; what they lend outlives the thread because its memory does.
    static ALLOC: std::sync::OnceLock<SmartAlloc> = std::sync::OnceLock::new();
    let alloc = ALLOC.get_or_init(|| SmartAlloc::new(AllocConfig::minimal()).unwrap());
    let lent: &'static [u8; 1000] = on_thread(|| {
        let boxed = exhume(alloc.frame_box([3_u8; 1000]));
        &**boxed
    });
    for _ in 0..100 {
        on_thread(|| {
            alloc.begin_frame();
            drop(alloc.frame_box([9_u8; 1000]));
            alloc.end_frame();
        });
    }
    assert_eq!(lent, &[3; 1000]);
    compile_error("escape/thread_local");
    compile_error("escape/static_item");
}

#[test]
fn misuse_04_retained_value_that_was_never_written() {
    // A retained value is moved in whole: there is no form that leaves it uninitialised, and another type is not found.
    let alloc = SmartAlloc::with_defaults();
    alloc.begin_frame();
    alloc.frame_retained_named("value", 5_u64, RetentionPolicy::PromoteToPool).release();
    let mut result = alloc.end_frame_with_promotions();
    assert!(result.promotions.take::<[u64; 2]>("value").is_none());
    assert!(result.promotions.take::<i64>("value").is_none());
    assert!(result.promotions.take::<u64>("other").is_none());
    assert_eq!(result.promotions.take::<u64>("value").map(|value| *value), Some(5));
    assert!(result.promotions.take::<u64>("value").is_none());
    compile_error("retain/no_value");
    compile_error("escape/retained_reference");
}

// fa:allow(FA606): that it is safe after the end of its frame, and finds what it should, is what this shows
#[test]
fn misuse_07_frame_vec_dropped_after_end_frame() {
    let counter = DropCounter::default();
    let fixture = Fixture::small();
    on_thread(|| {
        let alloc = &fixture.alloc;
        alloc.begin_frame();
        let mut vec = alloc.frame_vec();
        vec.extend((0..10).map(|n| counter.make(n)));
        alloc.end_frame();
        alloc.begin_frame();
        // It grows in its own frame's memory, not in the new one's.
        let ambient = alloc.frame_box([1_u64; 50]);
        vec.extend((10..2000).map(|n| counter.make(n)));
        assert_eq!(ambient[..], [1; 50]);
        assert!(vec.iter().enumerate().all(|(n, value)| n as u64 == value.payload));
        drop(ambient);
        alloc.end_frame();
        alloc.begin_frame();
        drop(vec);
        alloc.end_frame();
        assert_eq!(alloc.stats().total.frame.live_bytes, 0);
    });
    assert_eq!(counter.alive(), 0);
    fixture.assert_all_freed();
}

#[test]
fn misuse_08_panics_in_closures_and_destructors() {
    let counter = DropCounter::default();
    let fixture = Fixture::small();
    on_thread(|| {
        let alloc = &fixture.alloc;
        counter.panic_every(2);
        for _ in 0..20 {
            let _unwound = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                alloc.begin_frame();
                let frame = alloc.frame();
                for policy in [RetentionPolicy::Discard, RetentionPolicy::PromoteToPool] {
                    drop(frame.retain(counter.make(1), policy));
                    drop(alloc.frame_retained(counter.make(1), policy));
                }
                let _boxed = frame.boxed_slice_from_fn(5, |n| counter.make(n as u64));
                let _ambient = alloc.frame_box(counter.make(1));
            }));
            let _unwound = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| alloc.end_frame()));
        }
        counter.panic_every(0);
        alloc.end_frame();
        drop(alloc.take_promotions());
    });
    assert_eq!(counter.alive(), 0, "of {}", counter.made());
    fixture.assert_all_freed();
}

#[test]
fn misuse_10_guard_owned_vectors_outliving_the_guard() {
    compile_error("frame/outlives_scope");
    compile_error("frame/child_outlives_parent");
    compile_error("frame/speculation_lends");
    compile_error("escape/return_value");
    compile_error("escape/outer_vec");
}

#[test]
fn misuse_11_sending_an_rc_through_retention() {
    compile_error("frame/retain_not_send");
    compile_error("retain/not_send");
    compile_error("escape/rc");
}

#[test]
fn misuse_12_interior_state_shared_across_threads() {
    compile_error("frame/sent_to_thread");
    compile_error("frame/shared_with_thread");
    compile_error("frame/guard_sent_to_thread");
    compile_error("scratch/shared_with_thread");
    compile_error("escape/thread_scope");
    compile_error("escape/thread_spawn");
    fn shareable<T: Send + Sync>() {}
    shareable::<SmartAlloc>();
    shareable::<framealloc::TaggedAllocator>();
    shareable::<framealloc::PoolBox<u8>>();
    shareable::<framealloc::HeapBox<u8>>();
    shareable::<framealloc::ScratchBox<u8>>();
    shareable::<framealloc::ScratchPool>();
    shareable::<framealloc::Group>();
    shareable::<framealloc::PoolHandle<u8>>();
    fn survives<T: std::panic::UnwindSafe + std::panic::RefUnwindSafe>() {}
    survives::<framealloc::ScratchPool>();
    survives::<framealloc::ScratchAllocator>();
    survives::<framealloc::Group>();
    shareable::<framealloc::Tag>();
}

#[test]
fn misuse_13_references_returned_from_under_a_lock() {
    // A value on loan from a shared pool is its borrower's alone, however many threads ask.
    let alloc = SmartAlloc::with_defaults();
    let shared = alloc.pool_handle::<Vec<u64>>();
    shared.insert(1, Vec::new()).unwrap();
    thread::scope(|scope| {
        for id in 0..4 {
            let shared = shared.clone();
            scope.spawn(move || {
                for n in 0..200 {
                    let mut value = loop {
                        match shared.acquire(1) {
                            Some(value) => break value,
                            None => thread::yield_now(),
                        }
                    };
                    let before = value.len();
                    value.push(id * 1000 + n);
                    assert!(shared.acquire(1).is_none() && shared.remove(1).is_none());
                    assert_eq!(value.len(), before + 1);
                }
            });
        }
    });
    assert_eq!(shared.acquire(1).unwrap().len(), 800);
}

#[test]
fn misuse_14_two_mut_references_after_a_rollback() {
    let fixture = Fixture::small();
    on_thread(|| {
        let alloc = &fixture.alloc;
        alloc.begin_frame();
        let checkpoint = alloc.frame_checkpoint();
        let mut kept = alloc.frame_box([1_u64; 50]);
        let refused = alloc.rollback_to(&checkpoint);
        assert_eq!(refused, Err(AllocError::HandlesAlive { operation: "rollback_to", handles: 1 }));
        let mut others: Vec<_> = (0..200).map(|n| alloc.frame_box([n; 50])).collect();
        kept.fill(7);
        others.iter_mut().for_each(|other| other.fill(9));
        assert_eq!(kept[..], [7; 50]);
        assert_eq!(alloc.rollback_to(&checkpoint), Err(AllocError::StaleCheckpoint), "it is used up");
        drop((kept, others));
        alloc.end_frame();
    });
    fixture.assert_all_freed();
    compile_error("frame/reference_after_drop");
}

#[test]
fn strict_mode_turns_detected_misuse_into_panics() {
    let fixture = Fixture::strict(Strict::Errors);
    on_thread(|| {
        let alloc = &fixture.alloc;
        alloc.begin_frame();
        let kept = alloc.frame_box(1);
        assert!(caught(|| alloc.end_frame()).contains("FA601"));
        assert!(caught(|| alloc.end_frame()).contains("FA002"));
        drop(kept);
        let frame = alloc.frame();
        forget(frame.boxed(1));
        drop(frame);
        assert!(fixture.codes().contains(&"FA608"), "a warning does not panic");
    });
    let backend = Arc::clone(&fixture.backend);
    drop(fixture);
    assert_eq!(backend.counts().live_bytes, 0);
}
