//! P15, P21: entering and leaving, with nothing beside us that does the same.

use framealloc::SmartAlloc;
use framealloc_benches::frames::Ambient;
use framealloc_benches::ratio::{Entry, interleaved};
use framealloc_benches::systems::{empty, single};
use framealloc_benches::work::{empty_rounds, single_rounds, value64};

use crate::{OURS, report};

const COUNT: usize = 10_000;

pub fn run() {
    let (alloc, value) = (SmartAlloc::with_defaults(), value64());
    let ours = |id: &str, work: &str, goal: &str, run: &mut dyn FnMut()| {
        report(id, work, &interleaved(vec![Entry::new(OURS, run)], COUNT), goal);
    };
    ours("P15", "frame_system entered and left", "<= 25 ns", &mut || (0..COUNT).for_each(|_| empty(&alloc)));
    ours("", "the same with one allocation", "", &mut || (0..COUNT).for_each(|_| single(&alloc, &value)));

    let mut ambient = Ambient(alloc.clone());
    ours("P21", "begin_frame and end_frame", "<= 12 ns", &mut || empty_rounds(&mut ambient, COUNT));
    ours("", "the same with one box", "", &mut || single_rounds(&mut ambient, COUNT, &value));
}
