//! Times that can be compared on a machine that is doing something else, too.
//!
//! All contenders of a group run in every round, in an order that is reversed every other round, and what is kept of a
//! round is the ratio of two times measured in it. The figures are medians over [`ROUNDS`] rounds: a round that was
//! disturbed moves a mean, not a median, and a slow minute slows both sides of a ratio.

use std::time::{Duration, Instant};

/// Rounds of a group that count.
pub const ROUNDS: usize = 201;
/// Rounds before them, while caches, arenas and pools reach their steady state.
const WARM_UP: usize = 10;

/// One contender of a group: its name, and its work of one round, which returns what it took.
pub struct Entry<'a> {
    name: &'a str,
    run: Box<dyn FnMut() -> Duration + 'a>,
}

impl<'a> Entry<'a> {
    /// Work that is timed as a whole.
    pub fn new(name: &'a str, mut run: impl FnMut() + 'a) -> Entry<'a> {
        Entry::timed(name, move || {
            let start = Instant::now();
            run();
            start.elapsed()
        })
    }

    /// Work that times itself, for what must not be counted.
    pub fn timed(name: &'a str, run: impl FnMut() -> Duration + 'a) -> Entry<'a> {
        Entry { name, run: Box::new(run) }
    }
}

/// The times of a group: one row for each round, one column for each contender, in nanoseconds per operation.
pub struct Times {
    names: Vec<String>,
    rounds: Vec<Vec<f64>>,
}

/// Runs a group whose rounds hold `operations` operations.
pub fn interleaved(mut entries: Vec<Entry<'_>>, operations: usize) -> Times {
    let mut rounds = Vec::with_capacity(ROUNDS);
    for round in 0..WARM_UP + ROUNDS {
        let mut times = vec![0.0; entries.len()];
        let mut order: Vec<usize> = (0..entries.len()).collect();
        if round % 2 == 1 {
            order.reverse();
        }
        for index in order {
            times[index] = (entries[index].run)().as_nanos() as f64 / operations as f64;
        }
        if round >= WARM_UP {
            rounds.push(times);
        }
    }
    Times { names: entries.iter().map(|entry| entry.name.to_owned()).collect(), rounds }
}

impl Times {
    /// The contenders, in the order of the group.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    /// Median nanoseconds per operation.
    pub fn nanos(&self, name: &str) -> Option<f64> {
        let column = self.column(name)?;
        Some(median(self.rounds.iter().map(|round| round[column]).collect()))
    }

    /// Median over the rounds of `name`'s time divided by `other`'s in the same round.
    pub fn ratio(&self, name: &str, other: &str) -> Option<f64> {
        let (column, other) = (self.column(name)?, self.column(other)?);
        Some(median(self.rounds.iter().map(|round| round[column] / round[other]).collect()))
    }

    fn column(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|known| known == name)
    }
}

/// The middle value.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
