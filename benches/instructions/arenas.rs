//! P1, P2, P5, P6, P7, P13: rounds of scoped allocation, one generic set for every contender.

use std::alloc::System;

use framealloc::SmartAlloc;
use framealloc_benches::arena::{BumpScope, Bumpalo, Contender, General, Limit, Scope};
use framealloc_benches::frames::Frames;
use framealloc_benches::work::{
    empty_rounds, grow, indexed_slice, mixed_blocks, mixed_kinds, mixed_layouts, mixed_values, single_rounds,
    slice, value16, value64, values,
};

use crate::Runner;

/// Room for the largest round: 2000 values of 64 bytes, with as much again to spare.
const BYTES: usize = 512 * 1024;
const BLOCKS: usize = 4096;

pub fn run(runner: &Runner) {
    all(runner, Limit::new(BYTES));
    all(runner, Frames(SmartAlloc::with_defaults()));
    all(runner, Bumpalo::new(BYTES));
    all(runner, BumpScope::new(BYTES));
    all(runner, General::new(System, BLOCKS));
    #[cfg(feature = "contenders")]
    all(runner, General::new(mimalloc::MiMalloc, BLOCKS));
    #[cfg(feature = "contenders")]
    all(runner, General::new(tikv_jemallocator::Jemalloc, BLOCKS));
}

fn all<C: Contender<Scope: Scope>>(runner: &Runner, mut contender: C) {
    let (large, small) = (value64(), value16());
    let (kinds, layouts) = (mixed_kinds(1000), mixed_layouts(1000));
    let name = C::NAME;
    runner.per_item("P1", name, |items| contender.round(|scope| values(scope, items, &large)));
    runner.per_item("P2", name, |items| contender.round(|scope| values(scope, items, &small)));
    runner.per_round("P5", name, |rounds| {
        (0..rounds).for_each(|_| contender.round(|scope| mixed_values(scope, &kinds, large[0])));
    });
    runner.per_round("P5.layout", name, |rounds| {
        (0..rounds).for_each(|_| contender.round(|scope| mixed_blocks(scope, &layouts)));
    });
    runner.per_round("P6", name, |rounds| {
        (0..rounds).for_each(|_| contender.round(|scope| grow(scope, 1000)));
    });
    runner.per_round("P7", name, |rounds| empty_rounds(&mut contender, rounds));
    runner.per_round("P7.one", name, |rounds| single_rounds(&mut contender, rounds, &large));
    runner.per_item("P13", name, |items| contender.round(|scope| slice(scope, items, &large)));
    runner.per_item("P13.index", name, |items| contender.round(|scope| indexed_slice(scope, items)));
}
