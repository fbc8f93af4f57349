//! A `static` cannot use `Self`.

use framealloc::{SmartAlloc, frame_system};

struct Solver;

impl Solver {
    const LIMIT: u64 = 4096;

    #[frame_system(budget = Self::LIMIT)]
    fn step(alloc: &SmartAlloc) {}
}

fn main() {}
