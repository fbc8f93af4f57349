//! Transfer of values and frame boxes, a barrier with participants, deferred destructors.

use std::sync::mpsc;

use framealloc::{
    DeferredBox, DeferredConfig, DeferredProcessing, FrameBarrier, QueueFullPolicy, SmartAlloc, TransferHandle,
};

fn is_send<T: Send>(_: &T) {}
fn is_sync<T: Sync>(_: &T) {}
fn may_cross_a_panic<T: std::panic::UnwindSafe + std::panic::RefUnwindSafe>(_: &T) {}

fn main() {
    let alloc = SmartAlloc::with_defaults();
    let config = DeferredConfig::default()
        .with_max_queue_depth(16)
        .with_policy(QueueFullPolicy::Block)
        .with_processing(DeferredProcessing::AtFrameEnd);
    alloc.configure_deferred(config).unwrap();
    let barrier = FrameBarrier::builder().with_participants(1).build();
    let (send, receive) = mpsc::channel::<TransferHandle<Vec<u32>>>();
    alloc.begin_frame();
    let mut part = barrier.participant();
    is_send(&part);
    is_sync(&barrier);
    may_cross_a_panic(&part);
    std::thread::scope(|scope| {
        let alloc = &alloc;
        scope.spawn(move || {
            // The type of the value follows from what is sent, be it in a frame or not.
            let plain = alloc.frame_box_for_transfer(vec![1]);
            let boxed = alloc.frame_box_for_transfer(alloc.frame_box(vec![1, 2]));
            is_send(&plain);
            is_sync(&plain);
            may_cross_a_panic(&plain);
            send.send(plain).unwrap();
            send.send(boxed).unwrap();
            part.signal_frame_complete();
        });
    });
    barrier.wait_all();
    let lengths: Vec<usize> = receive.iter().map(|handle| handle.receive().len()).collect();
    assert_eq!(lengths, [1, 2]);
    let texture: DeferredBox<String> = alloc.deferred_box(String::from("texture"));
    is_send(&texture);
    is_sync(&texture);
    may_cross_a_panic(&texture);
    std::thread::spawn(move || drop(texture)).join().unwrap();
    alloc.end_frame();
    assert_eq!(alloc.deferred_stats().processed, 1);
}
