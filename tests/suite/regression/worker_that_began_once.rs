//! A worker that calls `begin_frame` once and never `end_frame`: its frame grew for as long as it ran, although the frame
//! number moved on.

use std::sync::Barrier;
use std::thread;

use framealloc::diagnostics::FA002;
use framealloc_tests::Fixture;

const FRAMES: usize = 200;

#[test]
fn its_memory_is_recycled_when_the_frame_number_moves_on() {
    let fixture = Fixture::small();
    let (alloc, barrier) = (&fixture.alloc, Barrier::new(2));
    let most = thread::scope(|scope| {
        let worker = scope.spawn(|| {
            barrier.wait();
            alloc.begin_frame();
            let kept = alloc.frame_box([7_u8; 100]);
            let mut most = 0;
            for _ in 0..FRAMES {
                barrier.wait();
                (0..10).for_each(|_| drop(alloc.frame_box([0_u8; 2000])));
                most = most.max(fixture.live_bytes());
                barrier.wait();
            }
            assert!(kept.iter().all(|byte| *byte == 7), "its handle keeps the first frame's memory");
            drop(kept);
            alloc.end_frame();
            most
        });
        alloc.begin_frame();
        barrier.wait();
        for _ in 0..FRAMES {
            alloc.end_frame();
            alloc.begin_frame();
            barrier.wait();
            barrier.wait();
        }
        alloc.end_frame();
        worker.join().unwrap()
    });
    assert!(most < 1 << 20, "{most} bytes for 20 KB a frame");
    assert!(
        fixture.reports(&FA002).is_empty(),
        "its late `end_frame` is the one that belongs to its `begin_frame`"
    );
}
