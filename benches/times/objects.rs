//! P8, P9: objects made and freed one at a time on one thread.

use std::alloc::System;

use framealloc::SmartAlloc;
use framealloc_benches::frames::Pool;
use framealloc_benches::objects::{FreeList, Malloc, Objects};
use framealloc_benches::ratio::{Entry, interleaved};
use framealloc_benches::work::{pairs, random_order, shuffled, value64};

use crate::report;

const COUNT: usize = 1000;
const REPEAT: usize = 20;

/// The same work as one entry for each contender.
macro_rules! group {
    ($work:path) => {
        vec![
            $work(Pool(SmartAlloc::with_defaults())),
            $work(FreeList::new(COUNT)),
            $work(Malloc(System)),
            $work(Malloc(mimalloc::MiMalloc)),
            $work(Malloc(tikv_jemallocator::Jemalloc)),
        ]
    };
}

fn in_turn<'a, O: Objects + 'a>(objects: O) -> Entry<'a> {
    let value = value64();
    Entry::new(O::NAME, move || pairs(&objects, REPEAT * COUNT, &value))
}

fn in_random_order<'a, O: Objects + 'a>(objects: O) -> Entry<'a> {
    let (value, order) = (value64(), random_order(COUNT));
    let mut held = Vec::with_capacity(COUNT);
    Entry::new(O::NAME, move || (0..REPEAT).for_each(|_| shuffled(&objects, &order, &value, &mut held)))
}

pub fn run() {
    let times = interleaved(group!(in_turn), REPEAT * COUNT);
    report("P8", "pool: one object made and freed", &times, "<= 0.6 x mimalloc");
    let times = interleaved(group!(in_random_order), REPEAT * COUNT);
    report("P9", "pool: 1000 objects freed in random order", &times, "<= 0.85 x mimalloc");
}
