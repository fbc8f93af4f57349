//! Programs in which everything may happen inside of everything.
//!
//! `FRAMEALLOC_TEST_CASES` sets how many programs each test runs, `FRAMEALLOC_TEST_SEED` where they begin, and
//! `FRAMEALLOC_TEST_TRACE` prints each step when it begins.

use framealloc_tests::cases::{cases, first_seed};
use framealloc_tests::chaos::{check, random_program};

fn check_programs(count: u64, threads: usize, steps: usize) {
    let first = first_seed();
    for seed in first..first + cases(count) {
        println!("seed {seed}");
        check(random_program(seed, threads, steps));
    }
}

#[test]
fn short_programs() {
    check_programs(200, 1, 40);
}

#[test]
fn long_programs() {
    check_programs(30, 1, 400);
}

#[test]
fn programs_of_several_threads() {
    check_programs(30, 6, 60);
}
