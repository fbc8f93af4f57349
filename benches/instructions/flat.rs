//! What must not grow: the allocations of P1, P4 and P8 with many objects alive, many tags known, many threads' heaps.

use std::sync::mpsc::channel;
use std::thread::scope;

use framealloc::SmartAlloc;
use framealloc_benches::arena::Contender;
use framealloc_benches::frames::{Ambient, Frames, NAME, Pool};
use framealloc_benches::objects::Objects;
use framealloc_benches::work::{pairs, value64, values};

use crate::Runner;

const ALIVE: usize = 1_000_000;
const TAGS: usize = 64;
const THREADS: usize = 16;

pub fn run(runner: &Runner) {
    with_objects_alive(runner);
    with_tags_known(runner);
    with_threads_heaps(runner);
}

/// The three allocations; `kind` ends the ids.
fn allocations(runner: &Runner, kind: &str, alloc: &SmartAlloc) {
    let value = value64();
    let mut frames = Frames(alloc.clone());
    runner.per_item(&format!("P1.{kind}"), NAME, |items| frames.round(|scope| values(scope, items, &value)));
    let mut ambient = Ambient(alloc.clone());
    runner.per_item(&format!("P4.{kind}"), NAME, |items| ambient.round(|scope| values(scope, items, &value)));
    let pool = Pool(alloc.clone());
    runner.per_item(&format!("P8.{kind}"), NAME, |items| pairs(&pool, items, &value));
}

// fa:allow(FA602): many single boxes are what is counted
fn with_objects_alive(runner: &Runner) {
    let alloc = SmartAlloc::with_defaults();
    let value = value64();
    let mut ambient = Ambient(alloc.clone());
    runner.per_item("P4.live", NAME, |items| {
        ambient.round(|scope| {
            let alive: Vec<_> = (0..ALIVE).map(|_| scope.frame_box(value)).collect();
            values(scope, items, &value);
            drop(alive);
        });
    });
    let pool = Pool(alloc);
    let alive: Vec<_> = (0..ALIVE).map(|_| pool.make(value)).collect();
    runner.per_item("P8.live", NAME, |items| pairs(&pool, items, &value));
    drop(alive);
}

fn with_tags_known(runner: &Runner) {
    let alloc = SmartAlloc::with_defaults();
    let names: Vec<String> = (0..TAGS).map(|number| format!("tag {number}")).collect();
    for name in &names {
        let _tagged = alloc.tag_scope(alloc.tag(name));
        drop((alloc.frame().boxed(0_u64), alloc.pool_box(0_u64)));
    }
    let _tagged = alloc.tag_scope(alloc.tag(&names[TAGS / 2]));
    allocations(runner, "tags", &alloc);
}

fn with_threads_heaps(runner: &Runner) {
    let alloc = SmartAlloc::with_defaults();
    scope(|scope| {
        let (ready, all_ready) = channel();
        let stop: Vec<_> = (0..THREADS)
            .map(|_| {
                let (stop, stopped) = channel::<()>();
                let (alloc, ready) = (alloc.clone(), ready.clone());
                scope.spawn(move || {
                    let kept = alloc.pool_box(0_u64);
                    drop(alloc.frame());
                    ready.send(()).expect("the measuring thread waits for all");
                    // Ends when the measuring thread drops its side.
                    _ = stopped.recv();
                    drop(kept);
                });
                stop
            })
            .collect();
        (0..THREADS).for_each(|_| all_ready.recv().expect("every thread starts"));
        allocations(runner, "heaps", &alloc);
        drop(stop);
    });
}
