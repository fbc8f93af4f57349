//! P1, P2, P4, P5, P7: rounds of scoped allocation.

use std::alloc::System;

use framealloc::SmartAlloc;
use framealloc_benches::arena::{BumpScope, Bumpalo, Contender, General, Limit};
use framealloc_benches::frames::{Ambient, Frames};
use framealloc_benches::ratio::{Entry, interleaved};
use framealloc_benches::work::{
    empty_rounds, mixed_blocks, mixed_kinds, mixed_layouts, mixed_values, single_rounds, value16, value64,
    values,
};

use crate::report;

const BYTES: usize = 1024 * 1024;
const COUNT: usize = 1000;
/// Rounds of the arena in one round of the measurement, so that a measurement lasts tens of microseconds.
const REPEAT: usize = 20;

/// The same work as one entry for each contender.
macro_rules! group {
    ($work:expr) => {
        vec![
            entry(Frames(SmartAlloc::with_defaults()), $work),
            entry(Limit::new(BYTES), $work),
            entry(Bumpalo::new(BYTES), $work),
            entry(BumpScope::new(BYTES), $work),
            entry(General::new(System, COUNT), $work),
            entry(General::new(mimalloc::MiMalloc, COUNT), $work),
            entry(General::new(tikv_jemallocator::Jemalloc, COUNT), $work),
        ]
    };
}

fn entry<'a, C: Contender + 'a>(mut contender: C, mut work: impl FnMut(&mut C) + 'a) -> Entry<'a> {
    Entry::new(C::NAME, move || (0..REPEAT).for_each(|_| work(&mut contender)))
}

pub fn run() {
    let (large, small) = (value64(), value16());
    let (kinds, layouts) = (mixed_kinds(COUNT), mixed_layouts(COUNT));
    let per_value = REPEAT * COUNT;

    let times = interleaved(group!(|c| c.round(|scope| values(scope, COUNT, &large))), per_value);
    report("P1", "frame.alloc, 64 B", &times, "<= 1.00 x bumpalo");

    let times = interleaved(group!(|c| c.round(|scope| values(scope, COUNT, &small))), per_value);
    report("P2", "frame.alloc, 16 B", &times, "");

    let ambient = vec![
        entry(Ambient(SmartAlloc::with_defaults()), |c| c.round(|scope| values(scope, COUNT, &large))),
        entry(Bumpalo::new(BYTES), |c| c.round(|scope| values(scope, COUNT, &large))),
    ];
    report(
        "P4",
        "frame_box, ambient, made and dropped",
        &interleaved(ambient, per_value),
        "<= 1.6 x bumpalo",
    );

    let times = interleaved(group!(|c| c.round(|scope| mixed_values(scope, &kinds, large[0]))), REPEAT);
    report("P5", "frame of 1000 mixed values", &times, "<= 1.00 x bumpalo");

    let times = interleaved(group!(|c| c.round(|scope| mixed_blocks(scope, &layouts))), REPEAT);
    report("P5", "the same, layouts known at run time", &times, "");

    let times = interleaved(group!(|c| empty_rounds(c, COUNT)), per_value);
    report("P7", "empty scoped frame", &times, "<= 6 ns");

    let times = interleaved(group!(|c| single_rounds(c, COUNT, &large)), per_value);
    report("P7", "scoped frame with one allocation", &times, "");
}
