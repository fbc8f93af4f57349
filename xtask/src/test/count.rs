//! How many tests ran, read from what the test runners print.

use std::process::Command;

use anyhow::Result;

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

/// Runs tests and counts them. No test at all is a failure: a filter that matches nothing checks nothing.
pub fn run_tests(command: &mut Command) -> Result<Outcome> {
    let mut counts = Counts::default();
    let result = run_watching(command, |line| counts.read(line));
    let Counts { passed, failed, skipped } = counts;
    if let Err(error) = result {
        return Ok(Failed(format!("{passed} tests passed, {failed} failed; {error:#}")));
    }
    let skipped = if skipped > 0 { format!(", {skipped} not run") } else { String::new() };
    Ok(if passed > 0 {
        Passed(format!("{passed} tests passed{skipped}"))
    } else {
        Failed("no test ran".into())
    })
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
