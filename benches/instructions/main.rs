//! Counts instructions per operation: run by `cargo xtask bench --instructions` under callgrind.
//!
//! Each case runs twice, the second time with twice the work, and names both sections in callgrind's output; the
//! difference divided by the added work is the cost of one operation, without anything that does not repeat. Run without
//! valgrind it does the same work and prints the names of its cases.

mod arenas;
mod flat;
mod frames;
mod objects;
mod switches;

use std::ffi::CString;

use framealloc_benches::callgrind::dump;

/// Operations in a round of the smaller section.
const ITEMS: usize = 1000;

/// Runs cases and names their sections.
struct Runner {
    /// Rounds of the smaller section.
    rounds: usize,
}

impl Runner {
    /// Cost per operation inside a round: the same number of rounds, twice the operations in each.
    fn per_item(&self, id: &str, contender: &str, mut run: impl FnMut(usize)) {
        self.section(id, contender, self.rounds * ITEMS, |twice| {
            (0..self.rounds).for_each(|_| run(ITEMS * (1 + usize::from(twice))));
        });
    }

    /// Cost per round: twice the rounds.
    fn per_round(&self, id: &str, contender: &str, mut run: impl FnMut(usize)) {
        self.section(id, contender, self.rounds, |twice| run(self.rounds * (1 + usize::from(twice))));
    }

    /// Two sections that differ by `added` operations.
    fn section(&self, id: &str, contender: &str, added: usize, mut run: impl FnMut(bool)) {
        let name = |part: &str| section_name(id, contender, added, part);
        let (skip, once, twice) = (name("skip"), name("once"), name("twice"));
        run(true);
        run(true);
        dump(&skip);
        run(false);
        dump(&once);
        run(true);
        dump(&twice);
        println!("{id} {contender}");
    }

    /// One operation in a section of its own, `prepare` and the drop of its result not counted.
    fn alone<R>(&self, id: &str, contender: &str, mut prepare: impl FnMut(), mut run: impl FnMut() -> R) {
        let (skip, alone) = (section_name(id, contender, 1, "skip"), section_name(id, contender, 1, "alone"));
        for _ in 0..2 * self.rounds + 1 {
            prepare();
            dump(&skip);
            let result = run();
            dump(&alone);
            drop(result);
        }
        println!("{id} {contender}");
    }
}

fn section_name(id: &str, contender: &str, added: usize, part: &str) -> CString {
    CString::new(format!("{id}|{contender}|{added}|{part}")).expect("names hold no zero byte")
}

fn main() {
    // As many rounds as outermost frames pass between two trims by default: each difference holds exactly one, so its cost
    // is spread over the frames it is for.
    let runner = Runner { rounds: 64 };
    runner.alone("nothing", "nothing", || (), || ());
    arenas::run(&runner);
    frames::run(&runner);
    objects::run(&runner);
    switches::run(&runner);
    flat::run(&Runner { rounds: 1 });
}
