//! Objects made and freed one at a time under criterion: the work of P8, P9 and P20.

use std::alloc::System;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use framealloc::SmartAlloc;
use framealloc_benches::frames::{Heap, Pool};
use framealloc_benches::objects::{FreeList, Malloc, Objects};
use framealloc_benches::work::{pairs, random_order, shuffled, value64};

const COUNT: usize = 1000;

fn in_turn<O: Objects>(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, objects: &O) {
    let value = value64();
    group.bench_function(name, |bencher| bencher.iter(|| pairs(objects, COUNT, &value)));
}

fn in_random_order<O: Objects>(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, objects: &O) {
    let (value, order) = (value64(), random_order(COUNT));
    let mut held = Vec::with_capacity(COUNT);
    group.bench_function(name, |bencher| bencher.iter(|| shuffled(objects, &order, &value, &mut held)));
}

/// The same work for every contender.
macro_rules! group {
    ($criterion:expr, $name:literal, $work:path) => {
        let mut group = $criterion.benchmark_group($name);
        group.throughput(Throughput::Elements(COUNT as u64));
        let alloc = SmartAlloc::with_defaults();
        $work(&mut group, "framealloc pool", &Pool(alloc.clone()));
        $work(&mut group, "framealloc heap", &Heap(alloc));
        $work(&mut group, "limit", &FreeList::new(COUNT));
        $work(&mut group, "system", &Malloc(System));
        $work(&mut group, "mimalloc", &Malloc(mimalloc::MiMalloc));
        $work(&mut group, "jemalloc", &Malloc(tikv_jemallocator::Jemalloc));
        group.finish();
    };
}

fn objects(criterion: &mut Criterion) {
    group!(criterion, "one object after the other", in_turn);
    group!(criterion, "1000 objects in random order", in_random_order);
}

criterion_group!(benches, objects);
criterion_main!(benches);
