//! Every number was measured: sums agree with each other, with the frames and with the backend.

use std::thread;

use framealloc::{AllocConfig, AllocStats, FrameStats, SmartAlloc, TaggedAllocator, frame_system};
use framealloc_tests::{Fixture, Rng, on_thread};

fn sum(stats: &AllocStats, part: fn(&FrameStats) -> u64) -> u64 {
    stats.tags.iter().map(|tag| part(&tag.frame)).sum()
}

#[test]
fn tags_phases_and_frames_sum_to_the_same() {
    let fixture = Fixture::small();
    let alloc = &fixture.alloc;
    let mut rng = Rng::new(3);
    for _ in 0..30 {
        alloc.begin_frame();
        let before = alloc.stats().total.frame;
        let frames: Vec<_> = (0..3).map(|_| alloc.frame()).collect();
        let mut ambient = Vec::new();
        for _ in 0..60 {
            let _tag = alloc.tag_scope(["a", "b", "a/b", "c"][rng.below(4)]);
            let _phase = (rng.below(3) > 0).then(|| alloc.phase_scope(["p", "q"][rng.below(2)]));
            frames[rng.below(3)].slice_from_fn(rng.below(300), |n| n as u8);
            ambient.push(alloc.frame_slice::<u8>(rng.below(100)));
        }
        let stats = alloc.stats();
        let (total, phases) = (stats.total.frame, alloc.phase_stats());
        assert_eq!(sum(&stats, |frame| frame.live_bytes), total.live_bytes);
        assert_eq!(sum(&stats, |frame| frame.allocated_bytes), total.allocated_bytes);
        assert_eq!(sum(&stats, |frame| frame.allocations), total.allocations);
        assert_eq!(phases.total_bytes(), total.allocated_bytes - before.allocated_bytes);
        let count: u64 = phases.iter().map(|(_, phase)| phase.allocation_count).sum();
        assert_eq!(count, total.allocations - before.allocations);
        let scoped: u64 = frames.iter().map(framealloc::Frame::bytes_used).sum();
        let boxed: u64 = ambient.iter().map(|slice| slice.len().next_multiple_of(8) as u64).sum();
        assert_eq!(total.live_bytes, scoped + boxed);
        drop((frames, ambient));
        alloc.end_frame();
        assert_eq!(alloc.stats().total.frame.live_bytes, 0);
    }
}

#[test]
fn tags_nest_exclusive_and_inclusive() {
    let fixture = Fixture::small();
    let alloc = &fixture.alloc;
    let frame = alloc.frame();
    let mut objects = Vec::new();
    let mut blocks = Vec::new();
    for (tag, bytes) in [("a", 8), ("a/b", 16), ("a/b/c", 32), ("a/d", 64), ("ab", 128)] {
        let _tag = alloc.tag_scope(tag);
        frame.slice_from_fn(bytes, |_| 0_u8);
        objects.push(alloc.pool_box([0_u8; 16]));
        blocks.push(alloc.heap_box([0_u8; 10]));
    }
    let tag = |path: &str| alloc.tag_stats(path).unwrap();
    assert_eq!(
        ["a", "a/b", "a/b/c", "a/d", "ab"].map(|path| tag(path).frame.live_bytes),
        [8, 16, 32, 64, 128]
    );
    assert_eq!(["a", "a/b", "a/b/c"].map(|path| tag(path).inclusive.frame.live_bytes), [120, 48, 32]);
    assert_eq!(["a", "a/b", "a/b/c"].map(|path| tag(path).inclusive.pool.live_objects), [4, 2, 1]);
    assert_eq!(["a", "a/b", "a/b/c"].map(|path| tag(path).inclusive.heap.live_bytes), [40, 20, 10]);
    assert_eq!(tag("a").inclusive.live_bytes(), 120 + 64 + 40);
    let total = alloc.stats().total;
    assert_eq!((total.frame.live_bytes, total.pool.live_bytes, total.heap.live_bytes), (248, 80, 50));
    drop((frame, objects, blocks));
    assert!(alloc.stats().tags.iter().all(|tag| tag.inclusive.live_bytes() == 0));
    assert!(alloc.tag_stats("b").is_none() && alloc.tag_stats("a/b/c/d").is_none());
}

#[test]
fn peaks_see_what_was_given_back() {
    let fixture = Fixture::small();
    let alloc = &fixture.alloc;
    let frame = alloc.frame();
    alloc.with_tag("t", |_| {
        drop(frame.vec_with_capacity::<u8>(1000));
        drop(frame.vec_with_capacity::<u8>(2000));
        frame.alloc(1_u64);
    });
    let tag = alloc.tag_stats("t").unwrap().frame;
    assert_eq!((tag.live_bytes, tag.allocated_bytes, tag.peak_bytes), (8, 8, 2000));
    assert_eq!(alloc.phase_stats().get("(no phase)").unwrap().peak_bytes, 2000);
    let threads = alloc.stats().threads;
    assert_eq!(threads.iter().map(|thread| thread.frame.peak_bytes).max(), Some(2000));
}

#[frame_system(tag = "attribution/peaks", frame = frame)]
fn plain_peak(alloc: &SmartAlloc) {
    drop(frame.vec_with_capacity::<u8>(4000));
    frame.alloc([0_u8; 1000]);
}

#[frame_system(tag = "attribution/peaks", budget = "64KB", frame = frame)]
fn warned_peak(alloc: &SmartAlloc) {
    drop(frame.vec_with_capacity::<u8>(4000));
    frame.alloc([0_u8; 1000]);
}

#[frame_system(tag = "attribution/peaks", budget = "64KB", on_exceed = "fail", frame = frame)]
fn refused_peak(alloc: &SmartAlloc) {
    drop(frame.vec_with_capacity::<u8>(4000));
    frame.alloc([0_u8; 1000]);
}

#[test]
fn a_systems_peak_does_not_depend_on_its_budget() {
    for other_budget in [false, true] {
        let fixture = Fixture::small();
        let alloc = &fixture.alloc;
        if other_budget {
            alloc.set_budget(1_usize << 30);
        }
        plain_peak(alloc);
        warned_peak(alloc);
        refused_peak(alloc);
        let report = alloc.intent_report();
        let peaks =
            ["plain_peak", "warned_peak", "refused_peak"].map(|name| report.system(name).unwrap().peak_bytes);
        assert_eq!(peaks, [4000; 3], "with another budget: {other_budget}");
    }
}

#[test]
fn phases_start_afresh_with_each_frame() {
    let fixture = Fixture::small();
    let alloc = &fixture.alloc;
    for round in 1..4_u64 {
        alloc.begin_frame();
        for _ in 0..round {
            let _update = alloc.phase_scope("update");
            alloc.frame().alloc([0_u8; 64]);
            let _inner = alloc.phase_scope("inner");
            alloc.frame().alloc([0_u8; 16]);
        }
        let phases = alloc.phase_stats();
        let update = phases.get("update").unwrap();
        assert_eq!(
            (update.bytes_allocated, update.allocation_count, update.count),
            (64 * round, round, round)
        );
        assert_eq!(phases.get("inner").unwrap().bytes_allocated, 16 * round);
        assert!(update.duration >= phases.get("inner").unwrap().duration, "nested phases are included");
        assert!(update.duration > std::time::Duration::ZERO);
        alloc.end_frame();
        let bytes = |phases: &framealloc::PhaseStats| phases.get("update").map(|phase| phase.bytes_allocated);
        assert_eq!(bytes(&alloc.phase_stats()), bytes(&phases), "the last frame's until the next begins");
    }
    alloc.begin_frame();
    assert_eq!(alloc.phase_stats().total_bytes(), 0);
    assert!(alloc.phase_stats().get("update").is_none_or(|update| update.count == 0));
}

#[test]
fn a_phase_around_several_frames_counts_in_each() {
    let fixture = Fixture::small();
    let alloc = &fixture.alloc;
    let _loading = alloc.phase_scope("loading");
    for _ in 0..3 {
        alloc.begin_frame();
        alloc.frame().alloc([0_u8; 40]);
        assert_eq!(alloc.phase_stats().get("loading").unwrap().bytes_allocated, 40);
        alloc.end_frame();
    }
}

#[test]
fn threads_have_names_and_figures_of_their_own() {
    let fixture = Fixture::small();
    let alloc = &fixture.alloc;
    let barrier = std::sync::Barrier::new(3);
    thread::scope(|scope| {
        let barrier = &barrier;
        let threads = [("worker a", 800), ("worker b", 1600)].map(|(name, bytes)| {
            let work = move || {
                let frame = alloc.frame();
                frame.slice_from_fn(bytes, |_| 0_u8);
                alloc.tag_scope("t");
                barrier.wait();
                barrier.wait();
            };
            thread::Builder::new().name(name.into()).spawn_scoped(scope, work).unwrap()
        });
        barrier.wait();
        let stats = alloc.stats();
        let live = |name: &str| {
            let thread = stats.threads.iter().find(|thread| thread.name == name).expect("it is alive");
            assert!(thread.chunk_bytes >= thread.frame.live_bytes && thread.chunks_taken > 0);
            thread.frame.live_bytes
        };
        assert_eq!((live("worker a"), live("worker b")), (800, 1600));
        assert_eq!(stats.total.frame.live_bytes, 2400);
        barrier.wait();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    });
    let stats = fixture.stats();
    assert_eq!((stats.total.frame.live_bytes, stats.total.frame.allocated_bytes), (0, 2400));
    assert!(stats.threads.iter().all(|thread| !thread.name.starts_with("worker")));
}

#[test]
fn chunks_and_pages_are_what_the_backend_has() {
    let fixture = Fixture::new(AllocConfig::default());
    on_thread(|| {
        let alloc = &fixture.alloc;
        let frame = alloc.frame();
        frame.slice_from_fn(300_000, |_| 0_u8);
        let boxes: Vec<_> = (0..1000).map(|_| alloc.pool_box([0_u8; 100])).collect();
        let large = alloc.pool_box([0_u8; 100_000]);
        let heap = alloc.heap_box([0_u8; 5000]);
        let stats = alloc.stats();
        let known = stats.threads[0].chunk_bytes + stats.pool.reserved_bytes + stats.total.heap.live_bytes;
        let real = fixture.live_bytes();
        assert!(known <= real && real - known < 40_000, "{known} of {real}: bookkeeping besides");
        drop((boxes, large, heap, frame));
        assert_eq!(alloc.stats().depot_bytes, 0);
    });
    let stats = fixture.stats();
    assert!(stats.depot_bytes >= 300_000, "the ended thread's chunks: {}", stats.depot_bytes);
}

#[test]
fn objects_are_credited_to_the_tag_that_made_them() {
    let fixture = Fixture::small();
    let alloc = &fixture.alloc;
    let (pool, heap) =
        alloc.with_tag("maker", |alloc| (alloc.pool_box([0_u8; 64]), alloc.heap_box([0_u8; 64])));
    let other = alloc.with_tag("other", |alloc| alloc.pool_box([0_u8; 64]));
    let objects = |tag: &str| alloc.tag_stats(tag).map_or(0, |tag| tag.pool.live_bytes + tag.heap.live_bytes);
    assert_eq!((objects("maker"), objects("other")), (128, 64));
    alloc.with_tag("breaker", |_| drop(pool));
    on_thread(move || drop(heap));
    assert_eq!((objects("maker"), objects("other"), objects("breaker")), (0, 64, 0));
    drop(other);
    let stats = alloc.stats();
    assert_eq!((stats.total.pool.allocations, stats.total.heap.allocations), (2, 1));
}

#[test]
fn a_tagged_allocator_charges_its_tag() {
    let fixture = Fixture::small();
    let alloc = &fixture.alloc;
    let outer = alloc.tag_scope("engine");
    let physics = TaggedAllocator::new(alloc, "physics");
    drop(outer);
    alloc.begin_frame();
    let boxed = physics.frame_box([0_u8; 80]);
    let pool = physics.pool_box([0_u8; 80]);
    let heap = physics.heap_box([0_u8; 80]);
    let slice = physics.frame_slice::<u64>(10);
    let tag = alloc.tag_stats("engine/physics").unwrap();
    assert_eq!((tag.frame.live_bytes, tag.pool.live_bytes, tag.heap.live_bytes), (160, 80, 80));
    assert_eq!(alloc.current_tag(), None);
    on_thread(|| drop(physics.pool_box(1)));
    drop((boxed, pool, heap, slice));
    alloc.end_frame();
    let other = SmartAlloc::with_defaults();
    let foreign = framealloc_tests::caught(|| drop(other.tag_scope(alloc.tag("x"))));
    assert!(foreign.contains("another allocator"), "{foreign}");
}

#[test]
fn rolled_back_and_given_back_bytes_are_not_alive() {
    let fixture = Fixture::small();
    let alloc = &fixture.alloc;
    alloc.begin_frame();
    let checkpoint = alloc.frame_checkpoint();
    drop(alloc.frame_box([0_u8; 800]));
    assert_eq!(alloc.stats().total.frame.live_bytes, 800);
    alloc.rollback_to(&checkpoint).unwrap();
    assert_eq!(alloc.stats().total.frame.live_bytes, 0);
    let committed = alloc.frame_checkpoint();
    let kept = alloc.frame_box([0_u8; 400]);
    alloc.commit(&committed).unwrap();
    assert_eq!(alloc.stats().total.frame.live_bytes, 400);
    drop(kept);
    alloc.end_frame();
    let frame = alloc.stats().total.frame;
    assert_eq!((frame.live_bytes, frame.allocated_bytes, frame.peak_bytes), (0, 1200, 800));
}

#[test]
fn declared_against_measured() {
    #[frame_system(tag = "attribution/declared", phase = "late", budget = "4KB", frame = frame)]
    fn declared(alloc: &SmartAlloc, bytes: usize) {
        frame.slice_from_fn(bytes, |_| 0_u8);
        let kept = frame.retain_named("kept", 1_u64, framealloc::RetentionPolicy::PromoteToPool);
        kept.release();
    }
    #[frame_system(tag = "attribution/never")]
    #[allow(dead_code, reason = "a system that never runs is in the report all the same")]
    fn never(_alloc: &SmartAlloc) {}

    let fixture = Fixture::small();
    let alloc = &fixture.alloc;
    for n in 0..100 {
        alloc.begin_frame();
        declared(alloc, n * 8);
        alloc.end_frame();
    }
    let elsewhere = alloc.clone();
    thread::spawn(move || declared(&elsewhere, 2000)).join().unwrap();
    let report = alloc.intent_report();
    let system = report.system("declared").unwrap();
    assert_eq!((system.tag, system.phase, system.budget), ("attribution/declared", "late", Some(4096)));
    assert!(system.file.ends_with("attribution.rs") && system.module.ends_with("attribution"));
    assert_eq!((system.runs, system.threads, system.promotions), (101, 2, 101));
    let node = (system.allocated_bytes - 8 * (0..100).sum::<u64>() - 2000) / 101;
    assert!((8..=128).contains(&node), "a retained value of 8 bytes takes {node}");
    assert_eq!(system.peak_bytes, 2000 + node);
    assert_eq!(system.headroom, Some(4096 - system.peak_bytes as i64));
    assert!(system.p50_bytes >= 49 * 8 && system.p50_bytes <= 51 * 8 + node, "{}", system.p50_bytes);
    assert!(system.p99_bytes > 97 * 8 && system.p99_bytes <= 2000 + node, "{}", system.p99_bytes);
    let never = report.system("never").expect("found at link time");
    assert_eq!((never.runs, never.peak_bytes, never.budget), (0, 0, None));
    let text = report.to_string();
    let row = text.lines().find(|line| line.starts_with("declared ")).expect("a row");
    assert!(row.contains(&framealloc::FormattedBytes(4096).to_string()) && row.contains(" 101 "), "{text}");
    let tag = alloc.tag_stats("attribution/declared").unwrap();
    assert_eq!(tag.frame.allocated_bytes, system.allocated_bytes);
}
