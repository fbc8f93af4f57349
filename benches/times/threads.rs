//! P10, P12: objects that cross threads, and two threads at once.

use std::alloc::System;
use std::sync::Barrier;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{JoinHandle, scope, spawn};
use std::time::{Duration, Instant};

use framealloc::SmartAlloc;
use framealloc_benches::arena::{BumpScope, Bumpalo, Contender, General, Values};
use framealloc_benches::frames::{Frames, Pool};
use framealloc_benches::objects::{Malloc, Objects};
use framealloc_benches::ratio::{Entry, interleaved, median};
use framealloc_benches::work::{mixed_kinds, mixed_values, value64};

use crate::report;

const COUNT: usize = 10_000;

/// A thread that frees what it is sent, and says how long that took.
struct Consumer<T> {
    objects: Option<Sender<Vec<T>>>,
    done: Receiver<(Duration, Vec<T>)>,
    thread: Option<JoinHandle<()>>,
}

impl<T: Send + 'static> Consumer<T> {
    fn start() -> Consumer<T> {
        let (objects, incoming) = channel::<Vec<T>>();
        let (report, done) = channel();
        let free_all = move || {
            for mut batch in incoming {
                let start = Instant::now();
                batch.clear();
                if report.send((start.elapsed(), batch)).is_err() {
                    return;
                }
            }
        };
        Consumer { objects: Some(objects), done, thread: Some(spawn(free_all)) }
    }

    /// Frees a batch over there; returns the time it took and the empty vector.
    fn free(&self, batch: Vec<T>) -> (Duration, Vec<T>) {
        let sent = self.objects.as_ref().is_some_and(|objects| objects.send(batch).is_ok());
        assert!(sent, "the consumer lives as long as its sender");
        self.done.recv().expect("the consumer answers every batch")
    }
}

impl<T> Drop for Consumer<T> {
    fn drop(&mut self) {
        drop(self.objects.take());
        if let Some(thread) = self.thread.take() {
            thread.join().expect("the consumer does not panic");
        }
    }
}

/// One batch made here and freed over there; `part` chooses from the times of both what counts. The way between never
/// does.
fn across<'a, O>(objects: O, part: fn(Duration, Duration) -> Duration) -> Entry<'a>
where
    O: Objects<Object: Send + 'static> + 'a,
{
    let value = value64();
    let consumer = Consumer::start();
    let mut batch = Vec::with_capacity(COUNT);
    Entry::timed(O::NAME, move || {
        let start = Instant::now();
        batch.extend((0..COUNT).map(|_| objects.make(value)));
        let made = start.elapsed();
        let (freed, empty) = consumer.free(std::mem::take(&mut batch));
        batch = empty;
        part(made, freed)
    })
}

/// Frames of mixed values in one thread, long enough for a thread's start not to matter.
const FRAMES: usize = 500;
/// Frames before them, while the thread takes its first chunks and pages.
const WARM_UP: usize = 50;
const ROUNDS: usize = 101;

/// How much more two threads do than one in the same time: the median over the rounds.
fn scaling<C: Contender<Scope: Values>>(make: impl Fn() -> C + Sync) -> f64 {
    let kinds = mixed_kinds(1000);
    let round = |threads: usize| {
        let barrier = Barrier::new(threads);
        let work = || {
            let mut contender = make();
            (0..WARM_UP).for_each(|_| contender.round(|scope| mixed_values(scope, &kinds, 1)));
            barrier.wait();
            let start = Instant::now();
            (0..FRAMES).for_each(|_| contender.round(|scope| mixed_values(scope, &kinds, 1)));
            start.elapsed().as_secs_f64()
        };
        scope(|scope| {
            let running: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
            let times = running.into_iter().map(|thread| thread.join().expect("the work does not panic"));
            times.fold(0.0, f64::max)
        })
    };
    median((0..ROUNDS).map(|_| 2.0 * round(1) / round(2)).collect())
}

pub fn run() {
    let group = |part| {
        let group = vec![
            across(Pool(SmartAlloc::with_defaults()), part),
            across(Malloc(System), part),
            across(Malloc(mimalloc::MiMalloc), part),
            across(Malloc(tikv_jemallocator::Jemalloc), part),
        ];
        interleaved(group, COUNT)
    };
    report(
        "P10",
        "made here, freed on another thread",
        &group(|made, freed| made + freed),
        "<= 0.6 x mimalloc",
    );
    report("", "the making alone", &group(|made, _| made), "");
    report("", "the freeing alone", &group(|_, freed| freed), "");

    println!("{:7}{:48}{:>12}{:>10}", "", "", "contender", "speed-up");
    let line = |id: &str, work: &str, name: &str, speed: f64, goal: &str| {
        println!("{id:7}{work:48}{name:>12}{speed:>10.2}{:12}{goal}", "");
    };
    let frames = Frames(SmartAlloc::with_defaults());
    line("P12", "two threads doing P5, against one", Frames::NAME, scaling(|| frames.clone()), ">= 1.98");
    line("", "", Bumpalo::NAME, scaling(|| Bumpalo::new(1 << 20)), "");
    line("", "", BumpScope::NAME, scaling(|| BumpScope::new(1 << 20)), "");
    line("", "", "system", scaling(|| General::new(System, 1000)), "");
    line("", "", "mimalloc", scaling(|| General::new(mimalloc::MiMalloc, 1000)), "");
    line("", "", "jemalloc", scaling(|| General::new(tikv_jemallocator::Jemalloc, 1000)), "");
}
