//! Workers and a driving thread: results handed over, a barrier at the end of each frame, destructors on one thread.
//!
//! `cargo run --example 04_threading`

use std::sync::mpsc;
use std::thread;

use framealloc::{DeferredBox, DeferredConfig, FrameBarrier, QueueFullPolicy, SmartAlloc, TransferHandle};

const WORKERS: usize = 4;
const FRAMES: u64 = 60;

/// What a worker found in one frame.
struct Path {
    worker: usize,
    steps: Vec<u32>,
}

/// Something whose destructor must run on the thread that drives frames.
struct Texture(thread::ThreadId);

impl Drop for Texture {
    fn drop(&mut self) {
        assert_eq!(thread::current().id(), self.0, "textures go on the thread of the graphics context");
    }
}

fn work(
    worker: usize,
    alloc: &SmartAlloc,
    paths: &mpsc::Sender<TransferHandle<Path>>,
    barrier: &FrameBarrier,
) {
    // A worker that panics or leaves is not waited for any more.
    let mut part = barrier.participant();
    for frame in 1..=FRAMES {
        let scratch = alloc.frame();
        let costs = scratch.slice_from_fn(256, |n| (n as u64 * frame % 17) as u32);
        let steps = costs.iter().copied().filter(|cost| *cost > 8).collect();
        // Frame memory stays on its thread: what leaves moves into the pool, and its handle through any channel.
        let path = scratch.boxed(Path { worker, steps });
        paths.send(alloc.frame_box_for_transfer(path)).expect("the driver listens");
        drop(scratch);
        part.wait_all();
    }
}

fn main() {
    let alloc = SmartAlloc::with_defaults();
    let config = DeferredConfig::default().with_max_queue_depth(64).with_policy(QueueFullPolicy::Block);
    alloc.configure_deferred(config).expect("the settings work");
    let barrier = FrameBarrier::new(WORKERS as u32 + 1);
    let mut driver = barrier.participant();
    let (send, paths) = mpsc::channel();

    let mut steps = [0; WORKERS];
    thread::scope(|scope| {
        for worker in 0..WORKERS {
            let (alloc, barrier, send) = (&alloc, &barrier, send.clone());
            thread::Builder::new()
                .name(format!("worker {worker}"))
                .spawn_scoped(scope, move || work(worker, alloc, &send, barrier))
                .expect("a thread can be made");
        }
        drop(send);
        for _ in 0..FRAMES {
            alloc.begin_frame();
            driver.wait_all();
            for handle in paths.iter().take(WORKERS) {
                let path = handle.receive();
                steps[path.worker] += path.steps.len();
            }
            // Another thread may drop it; its destructor waits for this thread's end of the frame.
            let texture: DeferredBox<Texture> = alloc.deferred_box(Texture(thread::current().id()));
            scope.spawn(move || drop(texture)).join().expect("nothing panics there");
            alloc.end_frame();
        }
    });

    let (transfers, deferred, waits) = (alloc.transfer_stats(), alloc.deferred_stats(), barrier.stats());
    println!("{} paths crossed threads, at most {} at once", transfers.crossed, transfers.peak_in_flight);
    println!("{} destructors ran at the end of their frame", deferred.processed);
    println!("{} frames, the longest wait took {:?}", waits.frames, waits.longest_wait);
    assert_eq!((transfers.received, transfers.dropped), (FRAMES * WORKERS as u64, 0));
    assert_eq!((deferred.processed, waits.frames), (FRAMES, FRAMES));
    assert!(steps.iter().all(|count| *count == steps[0]), "every worker did the same work: {steps:?}");
}
