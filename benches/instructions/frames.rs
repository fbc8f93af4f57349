//! P3, P4, P15, P21, P23, P24: what only framealloc does with frames.

use std::hint::black_box;

use framealloc::SmartAlloc;
use framealloc_benches::arena::Contender;
use framealloc_benches::frames::{Ambient, Boxes, NAME};
use framealloc_benches::systems;
use framealloc_benches::work::{Value64, empty_rounds, single_rounds, value64, values};

use crate::Runner;

pub fn run(runner: &Runner) {
    let alloc = SmartAlloc::with_defaults();
    let value = value64();

    runner.per_item("P3", NAME, |items| systems::many(&alloc, items, &value));
    runner.per_item("P3.refuse", NAME, |items| systems::many_refusing(&alloc, items, &value));
    runner.per_round("P15", NAME, |rounds| (0..rounds).for_each(|_| systems::empty(&alloc)));
    runner.per_round("P15.one", NAME, |rounds| (0..rounds).for_each(|_| systems::single(&alloc, &value)));

    let mut ambient = Ambient(alloc.clone());
    runner.per_item("P4", NAME, |items| ambient.round(|scope| values(scope, items, &value)));
    runner.per_round("P21", NAME, |rounds| empty_rounds(&mut ambient, rounds));
    runner.per_round("P21.one", NAME, |rounds| single_rounds(&mut ambient, rounds, &value));

    let mut boxes = Boxes(alloc.clone());
    runner.per_item("P24", NAME, |items| boxes.round(|scope| values(scope, items, &value)));

    runner.per_item("P23", NAME, |items| speculate(&alloc, items, &value));
    alloc.begin_frame();
    runner.per_item("P23.rollback", NAME, |items| roll_back(&alloc, items, &value));
    alloc.end_frame();
}

/// Speculation that allocates once and succeeds.
#[inline(never)]
fn speculate(alloc: &SmartAlloc, count: usize, value: &Value64) {
    let frame = alloc.frame();
    for _ in 0..count {
        let kept = frame.speculate(|scratch| Ok::<_, ()>(*black_box(scratch.alloc(*value))));
        black_box(&raw const *kept.expect("the closure returns Ok"));
    }
}

/// A checkpoint, one box, and back.
#[inline(never)]
fn roll_back(alloc: &SmartAlloc, count: usize, value: &Value64) {
    for _ in 0..count {
        let checkpoint = alloc.frame_checkpoint();
        black_box(&raw const *alloc.frame_box(*value));
        black_box(alloc.rollback_to(&checkpoint).is_ok());
    }
}
