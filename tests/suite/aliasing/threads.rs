//! What threads share and hand over.

use std::sync::{Barrier, mpsc};
use std::thread;

use framealloc::{AllocConfig, DeferredConfig, DeferredProcessing, FramePipeline, SmartAlloc};

use super::Count;

#[test]
fn shared_values_past_their_thread() {
    let alloc = SmartAlloc::new(AllocConfig::minimal()).unwrap();
    let (count, read) = (Count::default(), Barrier::new(2));
    thread::scope(|scope| {
        let (send, receive) = mpsc::channel();
        let (alloc, count, read) = (&alloc, &count, &read);
        let thread = scope.spawn(move || {
            alloc.begin_frame();
            // fa:allow(FA201): the barrier lets the frame end after the reading has begun
            send.send((alloc.share(count.make(1)), alloc.share_for(count.make(2), 2))).unwrap();
            drop(send);
            read.wait();
            alloc.end_frame();
        });
        let (one, two) = receive.recv().unwrap();
        let guards = (one.read(alloc).unwrap(), two.read(alloc).unwrap());
        read.wait();
        while one.read(alloc).is_some() {
            thread::yield_now();
        }
        // With its exit, which the scope does not wait for.
        thread.join().unwrap();
        assert_eq!((guards.0.mark(), guards.1.mark()), (1, 2));
    });
    drop(alloc);
    assert_eq!(count.alive(), 0);
}

#[test]
fn handed_over_and_put_off() {
    let alloc = SmartAlloc::new(AllocConfig::minimal()).unwrap();
    let count = Count::default();
    let config = DeferredConfig::default().with_processing(DeferredProcessing::Incremental(2));
    alloc.configure_deferred(config).unwrap();
    let handle = alloc.frame_box_for_transfer(count.make(1));
    thread::scope(|scope| _ = scope.spawn(move || assert_eq!(handle.receive().mark(), 1)));
    for _ in 0..4 {
        alloc.begin_frame();
        alloc.defer_drop(count.make(2));
        alloc.end_frame();
    }
    drop(alloc);
    assert_eq!(count.alive(), 0);
}

#[test]
fn a_pipeline_of_frames() {
    let alloc = SmartAlloc::new(AllocConfig::minimal()).unwrap();
    let pipeline: FramePipeline<Vec<u8>, 2> = FramePipeline::new(&alloc);
    for n in 0..3 {
        alloc.begin_frame();
        pipeline.write(vec![n]);
        alloc.end_frame();
    }
}
