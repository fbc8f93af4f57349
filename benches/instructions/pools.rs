//! P8: one object made and freed.

use std::alloc::System;

use framealloc_benches::objects::{FreeList, Malloc, Objects};
use framealloc_benches::work::{pairs, value64};

use crate::Runner;

pub fn run(runner: &Runner) {
    all(runner, &FreeList::new(64));
    all(runner, &Malloc(System));
    #[cfg(feature = "mimalloc")]
    all(runner, &Malloc(mimalloc::MiMalloc));
    #[cfg(feature = "jemalloc")]
    all(runner, &Malloc(tikv_jemallocator::Jemalloc));
}

fn all<O: Objects>(runner: &Runner, objects: &O) {
    let value = value64();
    runner.per_item("P8", O::NAME, |rounds, items| (0..rounds).for_each(|_| pairs(objects, items, &value)));
}
