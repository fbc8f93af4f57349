//! Frames that another thread reads while the next ones are made.

use std::sync::mpsc;
use std::thread;

use framealloc::diagnostics::FA601;
use framealloc::{AllocConfig, FramePipeline};
use framealloc_tests::{Counted, DropCounter, Fixture, caught, on_thread};

/// What a frame writes.
struct Scene {
    frame: u64,
    counted: Counted,
    bodies: [u64; 100],
}

impl Scene {
    fn new(frame: u64, counter: &DropCounter) -> Self {
        Self { frame, counted: counter.make(frame), bodies: std::array::from_fn(|i| frame * 1000 + i as u64) }
    }

    #[track_caller]
    fn verify(&self, frame: u64) {
        self.counted.verify();
        assert_eq!((self.frame, self.counted.payload), (frame, frame));
        assert!(self.bodies.iter().enumerate().all(|(i, body)| *body == frame * 1000 + i as u64));
    }
}

/// What a frame's first chunk is made of, header included.
const CHUNK: usize = 16 << 10;
const FRAMES: u64 = if cfg!(miri) { 30 } else { 10_000 };

/// A producer, and a consumer `behind` frames behind it, over `FRAMES` frames.
fn run<const N: usize>(behind: u64) {
    let counter = DropCounter::default();
    let fixture = Fixture::new(AllocConfig::default().with_frame_size(CHUNK - 64));
    let alloc = &fixture.alloc;
    let pipeline = FramePipeline::<Scene, N>::new(alloc);
    // The consumer may be as far behind as the channel is long, plus the frame it is at.
    let (to_consumer, frames) = mpsc::sync_channel::<u64>(0);
    let (to_producer, drawn) = mpsc::channel::<()>();
    let mut steady = 0;
    thread::scope(|scope| {
        let pipeline = &pipeline;
        let consumer = scope.spawn(move || {
            for frame in frames {
                let scene = pipeline.read(frame).unwrap_or_else(|| panic!("frame {frame} is there"));
                scene.verify(frame);
                thread::yield_now();
                scene.verify(frame);
                drop(scene);
                to_producer.send(()).unwrap();
            }
        });
        let (steady, fixture, counter) = (&mut steady, &fixture, &counter);
        let producer = scope.spawn(move || {
            for frame in 1..=FRAMES {
                alloc.begin_frame();
                assert_eq!(alloc.frame_number(), frame);
                let drawing = frame.checked_sub(behind).filter(|frame| *frame > 0);
                if let Some(drawing) = drawing.filter(|_| behind > 0) {
                    to_consumer.send(drawing).unwrap();
                }
                // While the consumer draws.
                pipeline.write(Scene::new(frame, counter));
                if behind == 0 {
                    to_consumer.send(frame).unwrap();
                    drawn.recv().unwrap();
                }
                drop(alloc.frame_vec_with_capacity::<u64>(500));
                assert!(counter.alive() <= N as u64, "{} scenes", counter.alive());
                alloc.end_frame();
                if behind > 0 && drawing.is_some() {
                    drawn.recv().unwrap();
                }
                if frame == 20 {
                    *steady = fixture.backend.counts().live_bytes;
                }
            }
            assert_eq!(fixture.backend.counts().live_bytes, *steady, "not a byte more after frame 20");
            let chunks: u64 = alloc.stats().threads.iter().map(|thread| thread.chunk_bytes).sum();
            assert_eq!(chunks, (N * CHUNK) as u64, "a chunk for each of {N} frames");
            drop(to_consumer);
        });
        producer.join().unwrap();
        consumer.join().unwrap();
    });
    drop(pipeline);
    assert_eq!((counter.made(), counter.alive()), (FRAMES, 0));
    assert_eq!(fixture.reports(&FA601).len(), 0);
    fixture.assert_all_freed();
}

#[test]
fn a_renderer_one_frame_behind() {
    run::<2>(1);
}

#[test]
fn a_renderer_three_frames_behind() {
    run::<4>(3);
}

#[test]
fn in_the_same_frame() {
    run::<1>(0);
}

#[test]
fn a_reader_that_falls_behind_finds_nothing() {
    let counter = DropCounter::default();
    let fixture = Fixture::small();
    on_thread(|| {
        let alloc = &fixture.alloc;
        let pipeline = FramePipeline::<Scene, 3>::new(alloc);
        assert!(pipeline.read(0).is_none() && pipeline.latest().is_none());
        for frame in 1..=30_u64 {
            alloc.begin_frame();
            if frame % 5 != 0 {
                pipeline.write(Scene::new(frame, &counter));
            }
            for old in frame.saturating_sub(8)..=frame + 3 {
                let there = old >= 1 && old + 2 >= frame && old <= frame && old % 5 != 0;
                let scene = pipeline.read(old);
                assert_eq!(scene.is_some(), there, "frame {old} in frame {frame}");
                scene.iter().for_each(|scene| scene.verify(old));
            }
            let (latest, scene) = pipeline.latest().unwrap();
            assert_eq!(latest, if frame % 5 == 0 { frame - 1 } else { frame });
            scene.verify(latest);
            drop(scene);
            alloc.end_frame();
        }
    });
    assert_eq!(counter.alive(), 0);
    fixture.assert_all_freed();
}

#[test]
fn the_last_write_of_a_frame_counts() {
    let counter = DropCounter::default();
    let fixture = Fixture::small();
    on_thread(|| {
        let alloc = &fixture.alloc;
        let pipeline = FramePipeline::<Counted, 2>::new(alloc);
        alloc.begin_frame();
        let first = pipeline.write(counter.make(1));
        pipeline.write(counter.make(2));
        assert_eq!(pipeline.read(1).unwrap().payload, 2);
        assert_eq!(first.read(alloc).unwrap().payload, 1, "its handle finds the first one still");
        fixture.backend.fail(0, u64::MAX);
        let boxes: Vec<_> = std::iter::from_fn(|| alloc.try_frame_box(0_u64).ok()).collect();
        assert!(pipeline.try_write(counter.make(3)).is_err());
        assert!(caught(|| pipeline.write(counter.make(4))).starts_with("out of memory"));
        assert_eq!(pipeline.read(1).unwrap().payload, 2, "what was there stays");
        fixture.backend.heal();
        drop(boxes);
        alloc.end_frame();
        assert!(format!("{pipeline:?}").contains("frames: 2"));
    });
    assert_eq!(counter.alive(), 0);
    fixture.assert_all_freed();
}

#[test]
fn a_reader_that_holds_on_keeps_its_frame_alone() {
    let counter = DropCounter::default();
    let fixture = Fixture::small();
    on_thread(|| {
        let alloc = &fixture.alloc;
        let pipeline = FramePipeline::<Scene, 2>::new(alloc);
        alloc.begin_frame();
        pipeline.write(Scene::new(1, &counter));
        let held = pipeline.read(1).unwrap();
        for frame in 2..100 {
            alloc.end_frame();
            alloc.begin_frame();
            pipeline.write(Scene::new(frame, &counter));
            held.verify(1);
            assert!(counter.alive() <= 3);
        }
        drop(held);
        alloc.end_frame();
        assert!(counter.alive() <= 2);
    });
    assert_eq!(counter.alive(), 0);
    fixture.assert_all_freed();
}
