//! What a frame of the soak does.

use std::hint::black_box;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use framealloc::{PoolBox, SmartAlloc, frame_system};

/// The load goes from one to this, over and over, in fewer frames than chunks are kept for.
const WAVE: u64 = 48;
/// A burst's load.
const BURST_LOAD: usize = 40_000;
/// Frames that the other thread may be behind.
const QUEUE: usize = 4;
/// Objects that live from frame to frame.
const OBJECTS: usize = 4096;
/// How many of them are replaced in a frame.
const REPLACED: usize = 12;

type Object = [u64; 8];

/// Finds pairs: a list that grows.
#[frame_system(tag = "soak/pairs", phase = "simulate", budget = "16MB", frame = frame)]
fn pairs(alloc: &SmartAlloc, load: usize) -> usize {
    #[frame_local]
    let mut found: Vec<(u32, u32)>;
    for n in 0..load as u32 {
        found.push((n, n + 1));
    }
    let sums = frame.slice_from_fn(load / 2, |n| u64::from(found[n].0 + found[n].1));
    solve(alloc, sums)
}

/// Solves what was found: a map and a text in a nested system.
#[frame_system(tag = "solve", phase = "simulate", budget = "16MB", frame = frame)]
fn solve(alloc: &SmartAlloc, sums: &[u64]) -> usize {
    let mut buckets = frame.map::<u64, u32>();
    for sum in sums.iter().take(64) {
        buckets.insert(sum % 16, 1);
    }
    let text = frame.format(format_args!("{} buckets of {}", buckets.len(), sums.len()));
    #[retain(PromoteToPool, name = "solution")]
    let solution = [sums.len() as u64; 8];
    text.len() + solution[0] as usize
}

/// The thread that drives the frames.
pub struct Driver<'a> {
    alloc: &'a SmartAlloc,
    worker: &'a Worker,
    objects: Vec<PoolBox<Object>>,
    gone: Vec<PoolBox<Object>>,
    frame: u64,
}

impl<'a> Driver<'a> {
    pub fn new(alloc: &'a SmartAlloc, worker: &'a Worker) -> Self {
        let objects = (0..OBJECTS).map(|n| alloc.pool_box([n as u64; 8])).collect();
        Self { alloc, worker, objects, gone: Vec::new(), frame: 0 }
    }

    /// One frame; a burst needs many times as much.
    pub fn frame(&mut self, burst: bool) {
        let alloc = self.alloc;
        self.frame += 1;
        let load = if burst { BURST_LOAD } else { 20 + 5 * (self.frame % WAVE) as usize };
        alloc.begin_frame();
        black_box(pairs(alloc, load));
        let mut events = alloc.frame_vec::<u64>();
        events.extend(0..load as u64 / 4);
        let shown = alloc.with_tag("soak/ui", |alloc| alloc.frame_box([load as u64; 16]));
        black_box((&events, &shown));
        drop((events, shown));
        let mut result = alloc.end_frame_with_promotions();
        let solution = result.promotions.take::<Object>("solution").expect("no budget refuses it");
        black_box(&*solution);
        self.replace();
    }

    /// Replaces some objects.
    fn replace(&mut self) {
        for n in 0..REPLACED {
            let place = (self.frame as usize * 7919 + n * 131) % OBJECTS;
            let fresh = self.alloc.pool_box([self.frame; 8]);
            self.gone.push(std::mem::replace(&mut self.objects[place], fresh));
        }
    }

    /// Gives the objects that were replaced to the other thread, which drops them.
    pub fn hand_over(&mut self) {
        let empty = self.worker.emptied.try_recv().unwrap_or_default();
        self.worker.send(std::mem::replace(&mut self.gone, empty));
    }
}

/// The second thread: frames of its own, and the end of objects that the first one made.
pub struct Worker {
    queue: SyncSender<Vec<PoolBox<Object>>>,
    /// The vectors come back, so that the heap has no part in what is measured.
    emptied: Receiver<Vec<PoolBox<Object>>>,
    thread: JoinHandle<()>,
}

impl Worker {
    pub fn start(alloc: &SmartAlloc) -> Self {
        let (queue, objects) = sync_channel(QUEUE);
        let (empty, emptied) = sync_channel(2 * QUEUE);
        let alloc = alloc.clone();
        Self { queue, emptied, thread: std::thread::spawn(move || work(&alloc, &objects, &empty)) }
    }

    fn send(&self, objects: Vec<PoolBox<Object>>) {
        self.queue.send(objects).expect("the worker lives as long as its queue");
    }

    /// Waits until everything that was sent is done.
    pub fn join(self) {
        drop(self.queue);
        self.thread.join().expect("the worker does not panic");
    }
}

fn work(
    alloc: &SmartAlloc,
    objects: &Receiver<Vec<PoolBox<Object>>>,
    empty: &SyncSender<Vec<PoolBox<Object>>>,
) {
    for (frame, mut gone) in (0_u64..).zip(objects) {
        alloc.begin_frame();
        black_box(pairs(alloc, 20 + (frame % WAVE) as usize));
        black_box(alloc.frame_box(gone.len()));
        gone.clear();
        alloc.end_frame();
        // Without a place for it the vector is dropped.
        drop(empty.try_send(gone));
    }
}
