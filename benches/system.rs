//! Systems and switches under criterion: the work of P14, P15 and P21.

use criterion::{Criterion, criterion_group, criterion_main};
use framealloc::SmartAlloc;
use framealloc_benches::frames::Ambient;
use framealloc_benches::systems;
use framealloc_benches::work::{empty_rounds, single_rounds, value64};

fn systems(criterion: &mut Criterion) {
    let (alloc, value) = (SmartAlloc::with_defaults(), value64());
    let mut group = criterion.benchmark_group("frame_system");
    group.bench_function("empty", |bencher| bencher.iter(|| systems::empty(&alloc)));
    group.bench_function("one value", |bencher| bencher.iter(|| systems::single(&alloc, &value)));
    group.finish();
}

fn switches(criterion: &mut Criterion) {
    let alloc = SmartAlloc::with_defaults();
    let tag = alloc.tag("render");
    let mut group = criterion.benchmark_group("tag entered and left");
    for open in [0, 1, 16] {
        let _frames: Vec<_> = (0..open).map(|_| alloc.frame()).collect();
        group.bench_function(format!("{open} frames open"), |bencher| {
            bencher.iter(|| drop(alloc.tag_scope(tag)))
        });
    }
    group.finish();
}

fn ambient(criterion: &mut Criterion) {
    let (mut ambient, value) = (Ambient(SmartAlloc::with_defaults()), value64());
    let mut group = criterion.benchmark_group("ambient frame");
    group.bench_function("empty", |bencher| bencher.iter(|| empty_rounds(&mut ambient, 1)));
    group.bench_function("one box", |bencher| bencher.iter(|| single_rounds(&mut ambient, 1, &value)));
    group.finish();
}

criterion_group!(benches, systems, switches, ambient);
criterion_main!(benches);
