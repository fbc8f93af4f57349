//! `cargo xtask test`: every check of the project, in stages.
//!
//! A stage that fails does not stop the others. The table at the end gives each stage's result, its time, and what was
//! skipped for want of which program.

mod count;
mod lint;
mod stages;
mod tools;

use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use lexopt::Parser;
use lexopt::prelude::*;

use stages::Stage;

const HELP: &str = "\
cargo xtask test [--only STAGE,..] [--skip STAGE,..] [--list]

Runs every check of the project and ends with a table. A failing stage does not stop the others.

  --only STAGE,..   these stages alone
  --skip STAGE,..   all but these
  --list            the names of the stages and what each does
";

/// How a stage ended.
pub enum Outcome {
    /// Everything it looks at is in order; the note says how much that was.
    Passed(String),
    /// It could not run; the note names what is missing.
    Skipped(String),
    /// It found something wrong.
    Failed(String),
}

/// What the options ask for.
struct Options {
    only: Vec<String>,
    skip: Vec<String>,
    list: bool,
}

/// Runs the stages; `false` when one of them failed.
pub fn run(arguments: &mut Parser) -> Result<bool> {
    let Some(options) = parse(arguments)? else {
        print!("{HELP}");
        return Ok(true);
    };
    let stages = stages::all();
    for name in options.only.iter().chain(&options.skip) {
        if !stages.iter().any(|stage| stage.name == name) {
            bail!("no stage `{name}`; `cargo xtask test --list` names them");
        }
    }
    if options.list {
        stages.iter().for_each(|stage| println!("{:14}{}", stage.name, stage.about));
        return Ok(true);
    }
    let chosen = stages.into_iter().filter(|stage| {
        let named = |names: &[String]| names.iter().any(|name| name == stage.name);
        (options.only.is_empty() || named(&options.only)) && !named(&options.skip)
    });
    let results: Vec<_> = chosen.map(timed).collect();
    table(&results);
    Ok(!results.iter().any(|result| matches!(result.outcome, Outcome::Failed(_))))
}

fn parse(arguments: &mut Parser) -> Result<Option<Options>> {
    let mut options = Options { only: Vec::new(), skip: Vec::new(), list: false };
    let names = |value: std::ffi::OsString| -> Result<Vec<String>> {
        Ok(value.string()?.split(',').map(|name| name.trim().to_owned()).collect())
    };
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("only") => options.only.extend(names(arguments.value()?)?),
            Long("skip") => options.skip.extend(names(arguments.value()?)?),
            Long("list") => options.list = true,
            Long("help") | Short('h') => return Ok(None),
            other => return Err(other.unexpected().into()),
        }
    }
    Ok(Some(options))
}

struct StageResult {
    name: &'static str,
    outcome: Outcome,
    time: Duration,
}

fn timed(stage: Stage) -> StageResult {
    eprintln!("\n== {}: {}", stage.name, stage.about);
    let start = Instant::now();
    let outcome = (stage.run)().unwrap_or_else(|error| Outcome::Failed(format!("{error:#}")));
    if let Outcome::Skipped(why) = &outcome {
        eprintln!("skipped: {why}");
    }
    StageResult { name: stage.name, outcome, time: start.elapsed() }
}

fn table(results: &[StageResult]) {
    println!("\n{:14}{:9}{:>9}  note", "stage", "result", "seconds");
    for result in results {
        let (word, note) = match &result.outcome {
            Outcome::Passed(note) => ("ok", note),
            Outcome::Skipped(note) => ("skipped", note),
            Outcome::Failed(note) => ("FAILED", note),
        };
        println!("{:14}{word:9}{:>9.1}  {note}", result.name, result.time.as_secs_f64());
    }
    let count =
        |wanted: fn(&Outcome) -> bool| results.iter().filter(|result| wanted(&result.outcome)).count();
    let total: Duration = results.iter().map(|result| result.time).sum();
    println!(
        "{} passed, {} failed, {} skipped in {:.0} s",
        count(|outcome| matches!(outcome, Outcome::Passed(_))),
        count(|outcome| matches!(outcome, Outcome::Failed(_))),
        count(|outcome| matches!(outcome, Outcome::Skipped(_))),
        total.as_secs_f64(),
    );
}
