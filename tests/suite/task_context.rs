//! The context of a thread, carried to others.

use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use framealloc::{AllocConfig, AllocError, Budget, OnExceed, SmartAlloc, TaskContext, frame_system};
use framealloc_tests::{Fixture, caught, on_thread};
use rayon::prelude::*;

/// Runs `work` in a pool of its own, and waits until the pool's threads are gone, thread-locals included.
fn in_pool<R: Send>(threads: usize, work: impl FnOnce() -> R + Send) -> R {
    let mut handles = Vec::new();
    let builder = rayon::ThreadPoolBuilder::new().num_threads(threads).spawn_handler(|thread| {
        handles.push(thread::spawn(|| thread.run()));
        Ok(())
    });
    let pool = builder.build().expect("threads start");
    let result = pool.install(work);
    drop(pool);
    handles.into_iter().for_each(|handle| handle.join().expect("a pool's thread ends"));
    result
}

fn bytes(alloc: &SmartAlloc, tag: &str) -> u64 {
    alloc.tag_stats(tag).map_or(0, |tag| tag.frame.allocated_bytes)
}

/// What every worker does: frame, pool and heap memory.
fn work(alloc: &SmartAlloc, n: u64) -> u64 {
    let frame = alloc.frame();
    let sum = frame.slice_from_fn(10, |i| n + i as u64).iter().sum();
    drop(alloc.pool_box([n; 8]));
    drop(alloc.heap_box([n; 16]));
    sum
}

#[test]
fn rayon_workers_are_charged_to_the_captured_tag_and_phase() {
    let fixture = Fixture::small();
    on_thread(|| {
        let alloc = &fixture.alloc;
        alloc.begin_frame();
        let sum: u64 = {
            let _physics = alloc.tag_scope("physics");
            let _phase = alloc.phase_scope("simulate");
            let context = TaskContext::of(alloc);
            in_pool(4, || {
                (0..1000_u64)
                    .into_par_iter()
                    .map(|n| {
                        let _context = context.enter();
                        assert_eq!(&*alloc.tag_path(), "physics");
                        assert_eq!(alloc.current_phase().as_deref(), Some("simulate"));
                        work(alloc, n)
                    })
                    .sum()
            })
        };
        assert_eq!(sum, (0..1000).map(|n| 10 * n + 45).sum::<u64>());
        let stats = alloc.stats();
        let physics = stats.tags.iter().find(|tag| &*tag.path == "physics").unwrap();
        assert_eq!((physics.frame.allocated_bytes, physics.frame.allocations), (80_000, 1000));
        assert_eq!((physics.pool.allocations, physics.heap.allocations), (1000, 1000));
        assert_eq!((physics.frame.live_bytes, physics.pool.live_bytes, physics.heap.live_bytes), (0, 0, 0));
        assert_eq!(stats.total.frame.allocated_bytes, 80_000, "nothing is charged to nobody");
        let phases = alloc.phase_stats();
        let simulate = phases.iter().find(|(name, _)| &**name == "simulate").unwrap().1;
        assert_eq!((simulate.bytes_allocated, simulate.allocation_count), (80_000, 1000));
        alloc.end_frame();
    });
    fixture.assert_all_freed();
}

#[test]
fn nested_parallel_work_nests_contexts() {
    // Rayon runs other tasks on a thread that waits: contexts nest there as the calls do.
    let fixture = Fixture::small();
    on_thread(|| {
        let alloc = &fixture.alloc;
        let tags = ["ai", "audio", "physics"];
        let contexts = tags.map(|tag| alloc.with_tag(tag, TaskContext::of));
        in_pool(3, || {
            (0..300_usize).into_par_iter().for_each(|n| {
                let _outer = contexts[n % 3].enter();
                work(alloc, 1);
                (0..4_usize).into_par_iter().for_each(|m| {
                    let _inner = contexts[m % 3].enter();
                    work(alloc, 2);
                    assert_eq!(&*alloc.tag_path(), tags[m % 3]);
                });
                assert_eq!(&*alloc.tag_path(), tags[n % 3], "back from whatever ran in between");
                work(alloc, 3);
            });
        });
        // 100 outer rounds of each with two calls; inner: two of four for the first, one for the others.
        assert_eq!(tags.map(|tag| bytes(alloc, tag) / 80), [800, 500, 500]);
        assert_eq!(alloc.stats().total.frame.allocated_bytes, 1800 * 80);
    });
    fixture.assert_all_freed();
}

#[test]
fn budgets_of_the_tag_hold_on_every_thread() {
    let fixture = Fixture::small();
    on_thread(|| {
        let alloc = &fixture.alloc;
        alloc.set_tag_budget("ai", Budget::bytes(50_000).on_exceed(OnExceed::Fail));
        let context = alloc.with_tag("ai", |alloc| alloc.with_tag("paths", TaskContext::of));
        let (served, refused) = (AtomicU64::new(0), AtomicU64::new(0));
        thread::scope(|scope| {
            let worker = || {
                scope.spawn(|| {
                    let _context = context.enter();
                    let frame = alloc.frame();
                    for _ in 0..100 {
                        match frame.try_alloc([0_u8; 1000]) {
                            Ok(_) => served.fetch_add(1000, Ordering::SeqCst),
                            Err(AllocError::BudgetExceeded { budget, .. }) => {
                                assert_eq!(&*budget, "tag ai");
                                refused.fetch_add(1, Ordering::SeqCst)
                            }
                            Err(error) => panic!("{error}"),
                        };
                        let used = alloc.tag_budget("ai").unwrap().used;
                        assert!(used <= 50_000, "{used}");
                    }
                })
            };
            let workers = [worker(), worker(), worker(), worker()];
            workers.into_iter().for_each(|worker| worker.join().unwrap());
        });
        let (served, refused) = (served.into_inner(), refused.into_inner());
        assert!(refused > 0 && served <= 400_000, "{served} {refused}");
        assert_eq!(bytes(alloc, "ai/paths"), served);
        assert_eq!(alloc.tag_budget("ai").unwrap().used, 0, "the frames are over");
    });
    fixture.assert_all_freed();
}

#[test]
fn a_context_is_entered_over_another_and_left_again() {
    let fixture = Fixture::small();
    let alloc = &fixture.alloc;
    let context = on_thread(|| {
        let _tag = alloc.tag_scope("render");
        let _phase = alloc.phase_scope("draw");
        TaskContext::of(alloc)
    });
    on_thread(|| {
        let _tag = alloc.tag_scope("load");
        let _phase = alloc.phase_scope("decode");
        {
            let _context = context.enter();
            assert_eq!(&*alloc.tag_path(), "render", "not load/render");
            assert_eq!(alloc.current_phase().as_deref(), Some("draw"));
            alloc.with_tag("shadows", |alloc| assert_eq!(&*alloc.tag_path(), "render/shadows"));
            // One without a tag takes the tag away.
            let _nothing = on_thread(|| TaskContext::of(alloc)).enter();
            assert_eq!((alloc.current_tag(), alloc.current_phase()), (None, None));
        }
        assert_eq!(&*alloc.tag_path(), "load");
        assert_eq!(alloc.current_phase().as_deref(), Some("decode"));
    });
    assert_eq!(format!("{context:?}"), r#"TaskContext { tag: "render", phase: "draw", .. }"#);
    drop(context);
    fixture.assert_all_freed();
}

#[test]
fn contexts_of_several_allocators_are_apart() {
    let fixtures = [Fixture::small(), Fixture::small()];
    on_thread(|| {
        let [one, two] = [&fixtures[0].alloc, &fixtures[1].alloc];
        let first = one.with_tag("one", TaskContext::of);
        let second = two.with_tag("two", TaskContext::of);
        on_thread(|| {
            let _third = two.tag_scope("third");
            let _first = first.enter();
            assert_eq!((&*one.tag_path(), &*two.tag_path()), ("one", "third"));
            work(one, 1);
            work(two, 1);
            {
                let _second = second.enter();
                assert_eq!((&*one.tag_path(), &*two.tag_path()), ("one", "two"));
                assert_eq!(format!("{:?}", SmartAlloc::current()), format!("{:?}", Some(two)));
                work(one, 2);
                work(two, 2);
            }
            assert_eq!(format!("{:?}", SmartAlloc::current()), format!("{:?}", Some(first.alloc())));
            assert_eq!(&*two.tag_path(), "third");
        });
        assert_eq!(bytes(one, "one"), 160);
        assert_eq!((bytes(two, "two"), bytes(two, "third")), (80, 80));
        assert_eq!((bytes(one, "two"), bytes(two, "one")), (0, 0));
    });
    fixtures.into_iter().for_each(Fixture::assert_all_freed);
}

#[frame_system(tag = "decode")]
fn decode() -> usize {
    #[frame_local]
    let mut words: Vec<u32>;
    words.extend(0..25);
    words.len()
}

#[test]
fn a_worker_runs_systems_of_the_entered_allocator() {
    let fixture = Fixture::small();
    let context = {
        let _current = fixture.alloc.enter();
        TaskContext::capture()
    };
    on_thread(|| {
        let _context = context.enter();
        assert_eq!(decode(), 25);
    });
    assert!(on_thread(|| fixture.alloc.tag_stats("decode").unwrap().frame.allocations) > 0);
    on_thread(|| assert!(caught(decode).contains("has no allocator"), "left with the guard"));
}

#[test]
fn capturing_without_an_allocator_says_what_to_write() {
    on_thread(|| {
        assert!(matches!(TaskContext::try_capture(), Err(AllocError::Unsupported { .. })));
        let text = caught(TaskContext::capture);
        assert!(text.contains("call `alloc.enter()` on this thread"), "{text}");
        assert!(text.contains("`TaskContext::of(&alloc)`"), "{text}");
    });
}

#[test]
fn guards_may_be_leaked_or_dropped_out_of_order() {
    let fixture = Fixture::small();
    let alloc = &fixture.alloc;
    let contexts = ["a", "b", "c"].map(|tag| on_thread(|| alloc.with_tag(tag, TaskContext::of)));
    on_thread(|| {
        let first = contexts[0].enter();
        let second = contexts[1].enter();
        let third = contexts[2].enter();
        assert_eq!(&*alloc.tag_path(), "c");
        drop(first);
        assert_eq!(alloc.current_tag(), None, "leaving leaves what was entered after it too");
        drop(third);
        drop(second);
        assert_eq!((alloc.current_tag(), SmartAlloc::current().is_none()), (None, true));
    });
    on_thread(|| {
        let outer = contexts[0].enter();
        std::mem::forget(contexts[1].enter());
        work(alloc, 1);
        assert_eq!(&*alloc.tag_path(), "b");
        drop(outer);
        assert_eq!((alloc.current_tag(), SmartAlloc::current().is_none()), (None, true));
    });
    // Leaked to the end of the thread.
    on_thread(|| std::mem::forget(contexts[2].enter()));
    on_thread(|| {
        let caught = caught(|| {
            let _context = contexts[0].enter();
            panic!("in a task");
        });
        assert_eq!((caught.as_str(), alloc.current_tag()), ("in a task", None));
    });
    assert!(on_thread(|| bytes(alloc, "b")) > 0);
}

#[test]
fn a_context_outlives_its_thread_and_keeps_its_allocator() {
    let fixture = Fixture::small();
    let backend = fixture.backend.clone();
    let context = on_thread(|| fixture.alloc.with_tag("late", TaskContext::of));
    drop(fixture);
    on_thread(move || {
        let _context = context.enter();
        work(context.alloc(), 5);
        assert_eq!(bytes(context.alloc(), "late"), 80);
    });
    assert_eq!(backend.counts().live_bytes, 0);
}

#[test]
fn entering_without_memory_leaves_everything_as_it_was() {
    let fixture = Fixture::new(AllocConfig::minimal());
    let alloc = &fixture.alloc;
    let context = on_thread(|| alloc.with_tag("a", TaskContext::of));
    on_thread(|| {
        let _tag = alloc.tag_scope("before");
        // Fill the stack of guards to the last place.
        let guards: Vec<_> = (0..15).map(|_| alloc.tag_scope("x")).collect();
        let path = alloc.tag_path();
        fixture.backend.fail(0, u64::MAX);
        assert!(caught(|| context.enter()).starts_with("out of memory"));
        assert_eq!((alloc.tag_path(), SmartAlloc::current().is_none()), (path, true));
        fixture.backend.heal();
        drop(guards);
    });
    drop(context);
    fixture.assert_all_freed();
}
