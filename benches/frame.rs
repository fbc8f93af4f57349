//! Rounds of scoped allocation under criterion: the work of P1, P4, P5, P6, P7 and P13.

use std::alloc::System;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use framealloc::SmartAlloc;
use framealloc_benches::arena::{BumpScope, Bumpalo, Contender, General, Limit};
use framealloc_benches::frames::{Ambient, Boxes, Frames};
use framealloc_benches::work::{
    empty_rounds, grow, mixed_kinds, mixed_values, single_rounds, slice, value64, values,
};

const BYTES: usize = 1024 * 1024;
const COUNT: usize = 1000;

/// One contender of a group.
fn one<C: Contender>(
    group: &mut BenchmarkGroup<'_, WallTime>,
    mut contender: C,
    mut work: impl FnMut(&mut C),
) {
    group.bench_function(C::NAME, |bencher| bencher.iter(|| work(&mut contender)));
}

/// The same work for every contender.
macro_rules! group {
    ($criterion:expr, $name:literal, $elements:expr, $work:expr) => {
        let mut group = $criterion.benchmark_group($name);
        group.throughput(Throughput::Elements($elements as u64));
        one(&mut group, Frames(SmartAlloc::with_defaults()), $work);
        one(&mut group, Limit::new(BYTES), $work);
        one(&mut group, Bumpalo::new(BYTES), $work);
        one(&mut group, BumpScope::new(BYTES), $work);
        one(&mut group, General::new(System, COUNT), $work);
        one(&mut group, General::new(mimalloc::MiMalloc, COUNT), $work);
        one(&mut group, General::new(tikv_jemallocator::Jemalloc, COUNT), $work);
        group.finish();
    };
}

fn frames(criterion: &mut Criterion) {
    let (value, kinds) = (value64(), mixed_kinds(COUNT));
    group!(criterion, "frame of 1000 values", COUNT, |c| c.round(|scope| values(scope, COUNT, &value)));
    group!(criterion, "frame of 1000 mixed values", COUNT, |c| c
        .round(|scope| mixed_values(scope, &kinds, 1)));
    group!(criterion, "vector of 1000 numbers", COUNT, |c| c.round(|scope| grow(scope, COUNT)));
    group!(criterion, "slice of 1000 values", COUNT, |c| c.round(|scope| slice(scope, COUNT, &value)));
    group!(criterion, "empty frame", 1, |c| empty_rounds(c, 1));
    group!(criterion, "frame with one value", 1, |c| single_rounds(c, 1, &value));
}

fn owned(criterion: &mut Criterion) {
    let value = value64();
    let mut group = criterion.benchmark_group("1000 boxes, made and dropped");
    group.throughput(Throughput::Elements(COUNT as u64));
    let alloc = SmartAlloc::with_defaults();
    let mut boxes = Boxes(alloc.clone());
    group.bench_function("scoped", |b| b.iter(|| boxes.round(|scope| values(scope, COUNT, &value))));
    let mut ambient = Ambient(alloc);
    group.bench_function("ambient", |b| b.iter(|| ambient.round(|scope| values(scope, COUNT, &value))));
    group.finish();
}

criterion_group!(benches, frames, owned);
criterion_main!(benches);
