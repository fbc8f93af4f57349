//! Random programs against a naive model.
//!
//! `FRAMEALLOC_TEST_CASES` sets how many programs each test runs, `FRAMEALLOC_TEST_SEED` where they begin. They are the
//! same on every run otherwise.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

use framealloc::AllocConfig;
use framealloc_tests::cases::{cases, first_seed};
use framealloc_tests::model::{Op, World, any_op, random_op};
use framealloc_tests::{DropCounter, Fixture, Rng, on_thread};
use proptest::collection::vec;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

fn fixtures(count: usize) -> Vec<Fixture> {
    (0..count).map(|n| if n % 2 == 0 { Fixture::small() } else { Fixture::default() }).collect()
}

/// Runs a program on a thread of its own and checks that nothing of it stays.
fn run(ops: &[Op], fixtures: Vec<Fixture>, backwards: bool) {
    let counter = DropCounter::default();
    let (leaky, buried) = on_thread(|| {
        let mut world = World::new(&fixtures, false, &counter);
        ops.iter().for_each(|op| world.step(*op));
        let leaky: Vec<bool> = (0..fixtures.len()).map(|index| world.is_leaky(index)).collect();
        (leaky, world.finish(backwards))
    });
    assert_eq!(counter.alive(), buried, "destructors ran exactly once");
    for (fixture, leaky) in fixtures.into_iter().zip(leaky) {
        if !leaky {
            fixture.assert_all_freed();
        }
    }
}

/// [`run`] that prints the shortest program it finds when one fails.
fn run_or_shrink(mut ops: Vec<Op>, fixtures: impl Fn() -> Vec<Fixture>, backwards: bool) {
    let fails = |ops: &[Op]| catch_unwind(AssertUnwindSafe(|| run(ops, fixtures(), backwards))).is_err();
    if !fails(&ops) {
        return;
    }
    let mut size = ops.len() / 2;
    while size > 0 {
        let mut at = 0;
        while at < ops.len() {
            let mut fewer = ops.clone();
            fewer.drain(at..(at + size).min(ops.len()));
            if fails(&fewer) {
                ops = fewer;
            } else {
                at += size;
            }
        }
        size /= 2;
    }
    println!("\nthe shortest program that fails: {ops:#?}");
    run(&ops, fixtures(), backwards);
    panic!("a program fails only sometimes: {ops:?}");
}

#[test]
fn short_programs() {
    let config = Config {
        cases: cases(300) as u32,
        failure_persistence: None,
        max_shrink_iters: 20_000,
        ..Config::default()
    };
    let mut seed = [7; 32];
    seed[..8].copy_from_slice(&first_seed().to_le_bytes());
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &seed));
    let programs = (vec(any_op(), 1..80), proptest::bool::ANY);
    let result = runner.run(&programs, |(ops, backwards)| {
        run(&ops, fixtures(2), backwards);
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}

#[test]
fn long_programs() {
    let first = first_seed();
    for seed in first..first + cases(16) {
        let mut rng = Rng::new(seed);
        let ops: Vec<Op> = (0..1500).map(|_| random_op(&mut rng)).collect();
        println!("seed {seed}");
        run_or_shrink(ops, || fixtures(2), seed % 2 == 0);
    }
}

#[test]
fn programs_without_failures_and_budgets() {
    // The figures of every tag are exact here, from the first operation to the last.
    let first = first_seed();
    for seed in first..first + cases(16) {
        let mut rng = Rng::new(seed ^ 0xfeed);
        let plain =
            |op: &Op| !matches!(op, Op::Fail(..) | Op::Budget(..) | Op::ForgetHandle(_) | Op::ForgetGuard(_));
        let ops: Vec<Op> = std::iter::repeat_with(|| random_op(&mut rng)).filter(plain).take(1200).collect();
        println!("seed {seed}");
        run_or_shrink(ops, || fixtures(3), seed % 2 == 0);
    }
}

#[test]
fn programs_that_meet_failures_all_the_time() {
    let first = first_seed();
    for seed in first..first + cases(16) {
        let mut rng = Rng::new(seed ^ 0xbad);
        let mut ops = Vec::new();
        for _ in 0..600 {
            ops.push(random_op(&mut rng));
            if rng.one_in(6) {
                ops.push(Op::Fail(rng.below(3) as u8, 1 + rng.below(3) as u8));
            }
        }
        println!("seed {seed}");
        run_or_shrink(ops, || fixtures(2), seed % 2 == 0);
    }
}

#[test]
fn programs_on_several_threads() {
    for seed in 1..=cases(4) {
        let config = if seed % 2 == 0 { AllocConfig::default() } else { AllocConfig::minimal() };
        let fixtures = vec![Fixture::new(config), Fixture::small()];
        let counter = DropCounter::default();
        let results: Vec<(Vec<bool>, u64)> = thread::scope(|scope| {
            let threads: Vec<_> = (0..4)
                .map(|id| {
                    let (fixtures, counter) = (&fixtures, &counter);
                    scope.spawn(move || {
                        let mut rng = Rng::new(seed * 100 + id);
                        let mut world = World::new(fixtures, true, counter);
                        for _ in 0..1000 {
                            world.step(random_op(&mut rng));
                        }
                        let leaky = (0..fixtures.len()).map(|index| world.is_leaky(index)).collect();
                        (leaky, world.finish(id % 2 == 0))
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().expect("the program ran")).collect()
        });
        // What the last thread promoted waits in the queues, and goes with the allocators.
        let buried: u64 = results.iter().map(|(_, buried)| buried).sum();
        fixtures.iter().for_each(|fixture| drop(on_thread(|| fixture.alloc.take_promotions())));
        assert!(counter.alive() >= buried, "destructors ran at most once");
        for (index, fixture) in fixtures.into_iter().enumerate() {
            if results.iter().any(|(leaky, _)| leaky[index]) {
                continue;
            }
            let stats = fixture.stats();
            assert_eq!(stats.total.frame.live_bytes, 0);
            fixture.assert_all_freed();
        }
    }
}
