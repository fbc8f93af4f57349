//! How many tests ran, read from what the test runners print.

use std::process::Command;

use super::Outcome::{self, Failed, Passed};
use crate::process::run_watching;

/// Tests by how they ended.
#[derive(Debug, Default, PartialEq)]
struct Counts {
    passed: usize,
    failed: usize,
    skipped: usize,
}

impl Counts {
    /// Adds what a closing line says: `test result: ok. 3 passed; 0 failed; 1 ignored; ..` or `Summary [ 0.1s] 4 tests
    /// run: 3 passed (1 slow), 1 skipped`.
    fn read(&mut self, line: &str) {
        let Some(counts) =
            line.strip_prefix("test result: ").or_else(|| line.split_once("tests run: ").map(|p| p.1))
        else {
            return;
        };
        let words: Vec<&str> = counts.split([' ', ';', ',']).filter(|word| !word.is_empty()).collect();
        for pair in words.windows(2) {
            let Ok(count) = pair[0].parse::<usize>() else { continue };
            match pair[1] {
                "passed" => self.passed += count,
                "failed" => self.failed += count,
                "ignored" | "skipped" => self.skipped += count,
                _ => {}
            }
        }
    }
}

/// Tests of one stage, run by one command or several.
#[derive(Default)]
pub struct Tests {
    counts: Counts,
    failures: Vec<String>,
}

impl Tests {
    /// Runs the command; a failure is kept for the outcome.
    pub fn run(&mut self, command: &mut Command) {
        let counts = &mut self.counts;
        if let Err(error) = run_watching(command, |line| counts.read(line)) {
            self.failures.push(format!("{error:#}"));
        }
    }

    /// How it went. No test at all is a failure: a filter that matches nothing checks nothing.
    pub fn outcome(self) -> Outcome {
        let Counts { passed, failed, skipped } = self.counts;
        if !self.failures.is_empty() {
            return Failed(format!("{passed} tests passed, {failed} failed; {}", self.failures.join("; ")));
        }
        match (passed, skipped) {
            (0, _) => Failed("no test ran".into()),
            (_, 0) => Passed(format!("{passed} tests passed")),
            _ => Passed(format!("{passed} tests passed, {skipped} not run")),
        }
    }
}

/// Runs the tests of one command.
pub fn run_tests(command: &mut Command) -> Outcome {
    let mut tests = Tests::default();
    tests.run(command);
    tests.outcome()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closing_lines_of_both_runners_add_up() {
        let mut counts = Counts::default();
        counts.read("running 5 tests");
        counts.read(
            "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 2 filtered out; finished in 0.00s",
        );
        counts.read("     Summary [   0.008s] 44 tests run: 40 passed (2 slow), 4 failed, 7 skipped");
        assert_eq!(counts, Counts { passed: 43, failed: 4, skipped: 8 });
    }
}
