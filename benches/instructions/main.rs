//! Counts instructions per operation: run by `cargo xtask bench --instructions` under callgrind.
//!
//! Each case runs twice, the second time with twice the work, and names both sections in callgrind's output; the
//! difference divided by the added work is the cost of one operation, without anything that does not repeat. Run without
//! valgrind it does the same work and prints the names of its cases.

mod arenas;
mod pools;

use std::ffi::CString;

use framealloc_benches::callgrind::dump;

/// Rounds, and operations in a round, of the smaller of the two sections.
const ROUNDS: usize = 8;
const ITEMS: usize = 1000;

/// Collects the cases and runs each at once.
struct Runner;

impl Runner {
    /// Cost per operation inside a round: the same number of rounds, twice the operations in each.
    fn per_item(&self, id: &str, contender: &str, mut run: impl FnMut(usize, usize)) {
        self.section(id, contender, ROUNDS * ITEMS, |twice| run(ROUNDS, ITEMS * (1 + usize::from(twice))));
    }

    /// Cost per round: twice the rounds.
    fn per_round(&self, id: &str, contender: &str, mut run: impl FnMut(usize)) {
        self.section(id, contender, ROUNDS, |twice| run(ROUNDS * (1 + usize::from(twice))));
    }

    fn section(&self, id: &str, contender: &str, added: usize, mut run: impl FnMut(bool)) {
        let name = |part: &str| {
            CString::new(format!("{id}|{contender}|{added}|{part}")).expect("names hold no zero byte")
        };
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
}

fn main() {
    let runner = Runner;
    arenas::run(&runner);
    pools::run(&runner);
}
