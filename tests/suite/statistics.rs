//! Statistics agree: with each other, and with a backend that counts what it gave.

use std::alloc::Layout;
use std::collections::HashMap;
use std::ptr::NonNull;
use std::sync::{Arc, Mutex, mpsc};

use framealloc::backend::{AllocatorBackend, SystemBackend};
use framealloc::{
    AllocConfig, AllocStats, FrameStats, ObjectStats, RetentionPolicy, SmartAlloc, TagStats, frame_system,
};
use framealloc_tests::on_thread;

/// A backend that knows the layout of every block that is out.
#[derive(Default)]
struct Ledger {
    system: SystemBackend,
    out: Mutex<HashMap<usize, Layout>>,
}

// SAFETY: every block comes from `SystemBackend` and goes back to it with the same layout.
unsafe impl AllocatorBackend for Ledger {
    fn allocate(&self, layout: Layout) -> Option<NonNull<u8>> {
        let block = self.system.allocate(layout)?;
        self.out.lock().unwrap().insert(block.addr().get(), layout);
        Some(block)
    }

    unsafe fn deallocate(&self, block: NonNull<u8>, layout: Layout) {
        assert_eq!(self.out.lock().unwrap().remove(&block.addr().get()), Some(layout), "the same layout");
        // SAFETY: by the caller.
        unsafe { self.system.deallocate(block, layout) };
    }
}

impl Ledger {
    /// Bytes of the blocks of one kind.
    fn bytes(&self, is_it: impl Fn(&Layout) -> bool) -> u64 {
        self.out
            .lock()
            .unwrap()
            .values()
            .filter(|layout| is_it(layout))
            .map(|layout| layout.size() as u64)
            .sum()
    }
}

/// Chunks are powers of two from 4 KiB, on cache lines.
fn is_chunk(layout: &Layout) -> bool {
    layout.align() == 64 && layout.size() >= 4096 && layout.size().is_power_of_two()
}

/// Pages of the pool are 64 KiB, aligned to their size.
fn is_page(layout: &Layout) -> bool {
    (layout.size(), layout.align()) == (64 << 10, 64 << 10)
}

/// A size that nothing else has: heap blocks of it are found by it.
type Odd = [u8; 7001];

fn is_odd(layout: &Layout) -> bool {
    (7001..7100).contains(&layout.size())
}

fn sum<T>(items: &[T], part: impl Fn(&T) -> u64) -> u64 {
    items.iter().map(part).sum()
}

#[frame_system(tag = "stats/system", phase = "simulate", frame = frame)]
fn measured(_alloc: &SmartAlloc, n: usize) {
    frame.slice_from_fn(n, |n| n as u64);
}

fn check(stats: &AllocStats) {
    let total = &stats.total;
    let parts: [fn(&FrameStats) -> u64; 3] = [|f| f.allocated_bytes, |f| f.allocations, |f| f.live_bytes];
    for part in parts {
        assert_eq!(sum(&stats.tags, |tag| part(&tag.frame)), part(&total.frame), "frames by tag");
        assert_eq!(stats.tags[0].inclusive.frame.live_bytes, total.frame.live_bytes);
    }
    let parts: [fn(&ObjectStats) -> u64; 3] = [|o| o.allocated_bytes, |o| o.allocations, |o| o.live_bytes];
    for part in parts {
        assert_eq!(sum(&stats.tags, |tag| part(&tag.pool)), part(&total.pool), "the pool by tag");
        assert_eq!(sum(&stats.tags, |tag| part(&tag.heap)), part(&total.heap), "the heap by tag");
    }
    assert_eq!(
        (stats.pool.allocated_bytes, stats.pool.live_bytes, stats.pool.live_objects),
        (total.pool.allocated_bytes, total.pool.live_bytes, total.pool.live_objects),
        "the pool itself"
    );
    let inclusive = |tag: &TagStats| tag.inclusive.live_bytes();
    for tag in stats.tags.iter().skip(1) {
        let below = stats.tags.iter().filter(|other| {
            other.path.strip_prefix(&*tag.path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        });
        let live: u64 = below.map(|t| t.frame.live_bytes + t.pool.live_bytes + t.heap.live_bytes).sum();
        assert_eq!(inclusive(tag), live, "{} with what is below it", tag.path);
    }
}

#[test]
fn sums_agree_with_each_other_and_with_the_backend() {
    let ledger = Arc::new(Ledger::default());
    let alloc = SmartAlloc::new(AllocConfig::minimal().with_backend(Arc::clone(&ledger))).unwrap();
    let kept = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        // Whoever panics drops its end of the channels, and the others go on.
        let (worked, wait) = mpsc::channel();
        let (mut done, mut workers) = (Vec::new(), Vec::new());
        for worker in 0..3_usize {
            let (alloc, kept, worked) = (&alloc, &kept, worked.clone());
            let (go, read) = mpsc::channel::<()>();
            done.push(go);
            let work = move || {
                for round in 0..40 {
                    alloc.begin_frame();
                    let _tag = alloc.tag_scope(["a", "a/b", "c/d/e"][round % 3]);
                    let frame = alloc.frame();
                    frame.slice_from_fn(100 * (round + 1) * (worker + 1), |n| n as u32);
                    measured(alloc, 10 + round);
                    drop(alloc.frame_retained(round, RetentionPolicy::PromoteToPool));
                    kept.lock()
                        .unwrap()
                        .push((alloc.pool_box([worker; 20]), alloc.heap_box([1_u8; 7001] as Odd)));
                    if round % 2 == 0 {
                        // Freed here, whoever made it.
                        let _freed = kept.lock().unwrap().swap_remove(0);
                    }
                    drop(frame);
                    alloc.end_frame();
                }
                let frame = alloc.frame();
                frame.slice_from_fn(5000, |n| n as u8);
                let _tag = alloc.tag_scope("held");
                frame.slice_from_fn(300, |n| n as u64);
                drop(alloc.tag_scope("settle"));
                worked.send(()).unwrap();
                drop(worked);
                let _ = read.recv();
            };
            workers.push(scope.spawn(work));
        }
        drop(worked);
        (0..3).for_each(|_| wait.recv().unwrap());
        let stats = on_thread(|| {
            drop(alloc.take_promotions());
            alloc.stats()
        });
        check(&stats);
        assert_eq!(sum(&stats.threads, |thread| thread.frame.live_bytes), stats.total.frame.live_bytes);
        assert_eq!(sum(&stats.threads, |t| t.frame.allocated_bytes), stats.total.frame.allocated_bytes);
        assert_eq!(stats.total.frame.live_bytes, 3 * (5000 + 300 * 8));
        let held = stats.tags.iter().find(|tag| &*tag.path == "held").unwrap();
        assert_eq!(held.frame.live_bytes, 3 * 300 * 8);
        let chunks = sum(&stats.threads, |thread| thread.chunk_bytes) + stats.depot_bytes;
        assert_eq!(chunks, ledger.bytes(is_chunk), "chunks of frame memory");
        assert_eq!(stats.pool.reserved_bytes, ledger.bytes(is_page), "pages of the pool");
        let objects = kept.lock().unwrap().len() as u64;
        assert_eq!(stats.total.heap.live_bytes, objects * 7001);
        let blocks = ledger.bytes(is_odd);
        let header = blocks / objects - 7001;
        assert_eq!(blocks, objects * (7001 + header), "heap blocks, each with its header of {header} bytes");
        assert_eq!(stats.pool.live_objects, objects);
        let report = on_thread(|| alloc.intent_report());
        let system = report.system("measured").unwrap();
        let tag = stats.tags.iter().find(|tag| &*tag.path == "stats/system").unwrap();
        assert_eq!((system.runs, system.threads), (120, 3));
        assert_eq!((system.allocated_bytes, system.allocations), (tag.frame.allocated_bytes, 120));
        drop(done);
        // A joined thread is gone with its thread-locals.
        workers.into_iter().for_each(|worker| worker.join().unwrap());
    });
    let stats = on_thread(|| {
        kept.lock().unwrap().clear();
        alloc.stats()
    });
    check(&stats);
    assert_eq!(stats.total.live_bytes(), 0, "{:?}", stats.total);
    drop(alloc);
    assert_eq!(ledger.bytes(|_| true), 0);
}

#[test]
fn phases_tags_and_threads_agree_on_one_frame() {
    let alloc = SmartAlloc::with_defaults();
    alloc.begin_frame();
    let before = alloc.stats().total.frame;
    for n in 0..10 {
        let _phase = alloc.phase_scope(["update", "render"][n % 2]);
        let _tag = alloc.tag_scope(["x", "y", "z"][n % 3]);
        drop(alloc.frame_box([0_u64; 9]));
        measured(&alloc, n);
    }
    let (after, phases) = (alloc.stats().total.frame, alloc.phase_stats());
    assert_eq!(phases.total_bytes(), after.allocated_bytes - before.allocated_bytes);
    let count: u64 = phases.iter().map(|(_, phase)| phase.allocation_count).sum();
    assert_eq!(count, after.allocations - before.allocations);
    alloc.end_frame();
}

#[test]
fn the_intent_report_is_json_too() {
    let alloc = SmartAlloc::with_defaults();
    alloc.begin_frame();
    measured(&alloc, 8);
    alloc.end_frame();
    let report = alloc.intent_report();
    let json: serde_json::Value = serde_json::from_str(&report.to_json()).unwrap();
    assert_eq!((&json["frame"], &json["tracked"]), (&1.into(), &false.into()));
    let rows = report.to_string();
    let row = rows.lines().find(|row| row.starts_with("measured ")).unwrap();
    assert!(row.split_whitespace().rev().nth(1) == Some("-"), "nobody counts heap calls here: {row}");
    let systems = json["systems"].as_array().unwrap();
    assert_eq!(systems.len(), report.systems.len());
    let own = systems.iter().find(|system| system["name"] == "measured").unwrap();
    let source = report.system("measured").unwrap();
    assert_eq!((&own["tag"], &own["phase"]), (&"stats/system".into(), &"simulate".into()));
    assert_eq!(own["allocated_bytes"], 64);
    assert_eq!((&own["budget"], &own["headroom"]), (&serde_json::Value::Null, &serde_json::Value::Null));
    assert_eq!(own["duration_ns"], source.duration.as_nanos() as u64);
    assert_eq!((&own["file"], own["line"].as_u64().unwrap()), (&file!().into(), u64::from(source.line)));
}
