//! The project's own tasks: `cargo xtask <task>`. One module per task, no state between runs.
//!
//! | task | module |
//! |---|---|
//! | `test` | [`mod@test`]: every check of the project, in stages |
//! | `bench` | [`mod@bench`]: instructions per operation against their targets, and times as ratios |
//! | `lint-corpus` | [`corpus`]: the linter over every source of cargo's registry |
//! | `soak` | [`soak`]: millions of frames whose memory and latency must stay flat |

mod bench;
mod corpus;
mod process;
mod soak;
mod test;
mod workspace;

use std::process::ExitCode;

use anyhow::{Result, bail};
use lexopt::prelude::*;

const HELP: &str = "\
cargo xtask <task>

Tasks:
  test         every check of the project, in stages, with a table at the end
  bench        instructions per operation, and times as ratios against other allocators
  lint-corpus  the linter over every source of cargo's registry: nothing is blamed, nothing is slow
  soak         millions of frames whose memory and latency must stay flat

`cargo xtask <task> --help` lists the options of a task.
";

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::from(2)
        }
    }
}

/// Runs the named task. `false` means that the task ran to its end and found something wrong.
fn run() -> Result<bool> {
    let mut arguments = lexopt::Parser::from_env();
    match arguments.next()? {
        Some(Value(task)) if task == "test" => test::run(&mut arguments),
        Some(Value(task)) if task == "bench" => bench::run(&mut arguments),
        Some(Value(task)) if task == "lint-corpus" => corpus::run(&mut arguments),
        Some(Value(task)) if task == "soak" => soak::run(&mut arguments),
        Some(Long("help") | Short('h')) => {
            print!("{HELP}");
            Ok(true)
        }
        Some(Value(task)) => {
            bail!("no task `{}`; there are `test`, `bench`, `lint-corpus` and `soak`", task.display())
        }
        Some(other) => Err(other.unexpected().into()),
        None => {
            eprint!("{HELP}");
            Ok(false)
        }
    }
}
