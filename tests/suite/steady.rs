//! A steady loop takes nothing from the backend; a burst does not keep memory for ever.

use framealloc::{AllocConfig, SmartAlloc, frame_system};
use framealloc_tests::{Fixture, Rng, on_thread};

#[frame_system(tag = "steady/outer")]
fn outer(alloc: &SmartAlloc, n: usize) -> u64 {
    #[frame_local]
    let mut list: Vec<u64>;
    list.extend(0..n as u64);
    inner(alloc, n / 2) + list.iter().sum::<u64>()
}

#[frame_system(tag = "steady/inner", frame = frame)]
fn inner(alloc: &SmartAlloc, n: usize) -> u64 {
    let child = frame.child();
    child.slice_from_fn(n, |n| n as u64).iter().sum::<u64>()
        + frame.slice_from_fn(n, |n| n as u64).len() as u64
}

/// One frame of a game that does the same every time.
fn frame(alloc: &SmartAlloc, n: usize) {
    alloc.begin_frame();
    for tag in ["a", "b", "c"] {
        let _tag = alloc.tag_scope(tag);
        let _phase = alloc.phase_scope("update");
        outer(alloc, n);
        let scratch = alloc.frame();
        let mut map = scratch.map();
        map.extend((0..n as u64).map(|n| (n, n)));
        let ambient: Vec<_> = (0..20).map(|_| alloc.frame_slice::<u64>(n)).collect();
        let checkpoint = alloc.frame_checkpoint();
        drop(alloc.frame_slice::<u64>(n));
        alloc.rollback_to(&checkpoint).unwrap();
        drop(ambient);
        let pool: Vec<_> = (0..n).map(|n| alloc.pool_box([n; 5])).collect();
        drop(pool);
    }
    alloc.end_frame();
}

#[test]
fn a_steady_loop_takes_nothing_from_the_backend() {
    for (config, n) in
        [(AllocConfig::minimal(), 100), (AllocConfig::default(), 700), (AllocConfig::minimal(), 3000)]
    {
        let fixture = Fixture::new(config);
        on_thread(|| {
            (0..10).for_each(|_| frame(&fixture.alloc, n));
            let warm = (fixture.backend.requests(), fixture.live_bytes());
            (0..200).for_each(|_| frame(&fixture.alloc, n));
            assert_eq!(fixture.backend.requests(), warm.0, "frames of {n}");
            assert!(fixture.live_bytes() <= warm.1, "what the first frames left over may go back");
        });
    }
}

#[test]
fn a_loop_that_varies_settles_too() {
    let fixture = Fixture::small();
    on_thread(|| {
        let mut rng = Rng::new(1);
        let mut frames = |count| (0..count).for_each(|_| frame(&fixture.alloc, 200 + rng.below(200)));
        frames(100);
        let warm = fixture.backend.requests();
        frames(400);
        let more = fixture.backend.requests() - warm;
        assert!(more <= 40, "{more} requests in 400 frames");
    });
}

#[test]
fn a_burst_is_forgotten_after_quiet_frames() {
    for ambient in [false, true] {
        let fixture = Fixture::small();
        let alloc = &fixture.alloc;
        on_thread(|| {
            (0..50).for_each(|_| frame(alloc, 50));
            let quiet = fixture.live_bytes();
            alloc.begin_frame();
            if ambient {
                drop(alloc.frame_slice::<u64>(1 << 20));
            } else {
                alloc.frame().slice_from_fn(1 << 20, |n| n as u64);
            }
            let held: Vec<_> = (0..20_000).map(|_| alloc.pool_box([1_u64; 16])).collect();
            drop(held);
            alloc.end_frame();
            assert!(fixture.live_bytes() > quiet + (8 << 20));
            (0..60).for_each(|_| frame(alloc, 50));
            alloc.shrink_pool();
            let left = fixture.live_bytes();
            assert!(left <= quiet + 300_000, "{quiet} before, {left} after (ambient: {ambient})");
        });
    }
}

#[test]
fn a_frame_larger_than_the_last_ones_fits_one_chunk_the_next_time() {
    let fixture = Fixture::small();
    let alloc = &fixture.alloc;
    on_thread(|| {
        for _ in 0..2 {
            let frame = alloc.frame();
            for n in 0..1000 {
                frame.alloc([n; 50]);
            }
        }
        let frame = alloc.frame();
        let requests = fixture.backend.requests();
        let first = std::ptr::from_ref(frame.alloc([0; 50])).addr();
        let mut last = 0;
        for n in 1..1000 {
            last = std::ptr::from_ref(frame.alloc([n; 50])).addr();
        }
        assert_eq!(last - first, 999 * 200, "one chunk holds all of it");
        assert_eq!(fixture.backend.requests(), requests);
    });
}

#[test]
fn threads_that_come_and_go_reuse_each_others_memory() {
    let fixture = Fixture::small();
    let run = || on_thread(|| (0..3).for_each(|_| frame(&fixture.alloc, 300)));
    (0..5).for_each(|_| run());
    let high = fixture.backend.counts().peak_bytes;
    (0..100).for_each(|_| run());
    assert!(fixture.backend.counts().peak_bytes <= high + high / 4, "{high} {:?}", fixture.backend.counts());
}
