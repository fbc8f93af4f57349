//! Many values at once: one request instead of a thousand, and no pass that writes what is overwritten.
//!
//! `cargo run --release --example 07_batch_optimization`

use std::time::Instant;

use framealloc::SmartAlloc;

#[derive(Clone, Copy)]
struct Instance {
    position: [f32; 3],
    colour: u32,
}

fn instance(n: usize) -> Instance {
    Instance { position: [n as f32, 0.0, 1.0], colour: n as u32 }
}

fn main() {
    const COUNT: usize = 10_000;
    let alloc = SmartAlloc::with_defaults();
    let mut sums = [0_u64; 3];

    // One handle per value.
    let start = Instant::now();
    for _ in 0..50 {
        alloc.begin_frame();
        // fa:allow(FA602): this is what the others are compared with
        let boxes: Vec<_> = (0..COUNT).map(|n| alloc.frame_box(instance(n))).collect();
        sums[0] += boxes.iter().map(|value| u64::from(value.colour)).sum::<u64>();
        drop(boxes);
        alloc.end_frame();
    }
    let single = start.elapsed();

    // One handle for all of them, each value written once into its place.
    let start = Instant::now();
    for _ in 0..50 {
        alloc.begin_frame();
        let values = alloc.frame_slice_from_fn(COUNT, instance);
        sums[1] += values.iter().map(|value| u64::from(value.colour)).sum::<u64>();
        drop(values);
        alloc.end_frame();
    }
    let slice = start.elapsed();

    // The same in a scoped frame: plain references, nothing counted, nothing dropped.
    let start = Instant::now();
    for _ in 0..50 {
        let frame = alloc.frame();
        let values = frame.slice_from_fn(COUNT, instance);
        sums[2] += values.iter().map(|value| u64::from(value.colour)).sum::<u64>();
    }
    let scoped = start.elapsed();

    assert!(sums.iter().all(|sum| *sum == 50 * (0..COUNT as u64).sum::<u64>()));
    for (what, time) in [("one box each", single), ("one slice", slice), ("one scoped slice", scoped)] {
        println!("{what:18}{:>8.2} ns per value", time.as_nanos() as f64 / (50 * COUNT) as f64);
    }

    // A few of one kind, uninitialised, next to each other.
    alloc.begin_frame();
    let [a, b] = alloc.frame_alloc_2::<Instance>();
    let (a, b) = (a.write(instance(1)), b.write(instance(2)));
    println!("{} and {}", a.position[0], b.position[0]);
    drop((a, b));
    alloc.end_frame();
}
