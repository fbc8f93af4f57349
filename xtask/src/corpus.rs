//! `cargo xtask lint-corpus`: the linter over every source of cargo's registry.

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use lexopt::Parser;
use lexopt::prelude::*;

use crate::process::{cargo, run as run_command};

const HELP: &str = "\
cargo xtask lint-corpus [--sample N] [--injected N]

Lints the sources of all crates in cargo's registry, with and without the search for the word `framealloc`, on one core.
Fails when something panics or hangs, or when anything is blamed: none of them uses framealloc. Prints lines per second and
the cost relative to parsing, each with its target; that cost of files with an import and of this project's code, too.

  --sample N     every N-th crate (1: all of them)
  --injected N   how many files are linted once more with an import of framealloc (300)
";

/// Runs over the crates that the options ask for. Fails when something is blamed that is not framealloc's.
pub fn run(arguments: &mut Parser) -> Result<bool> {
    let (mut every, mut injected) = (1, 300);
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("sample") => every = arguments.value()?.parse()?,
            Long("injected") => injected = arguments.value()?.parse()?,
            Long("help") | Short('h') => {
                print!("{HELP}");
                return Ok(true);
            }
            other => return Err(other.unexpected().into()),
        }
    }
    lint(every, injected, "bench")?;
    Ok(true)
}

/// Lints every `every`-th crate. Times are told in an optimised profile only.
pub fn lint(every: usize, injected: usize, profile: &str) -> Result<()> {
    let registry = registry()?;
    if !registry.is_dir() {
        bail!("`{}` is no folder: `cargo fetch` fills it", registry.display());
    }
    let mut command = cargo(["bench", "-p", "cargo-fa", "--bench", "corpus", "--profile", profile, "--"]);
    command.arg(registry).arg(every.to_string()).arg(injected.to_string());
    run_command(command.env("RAYON_NUM_THREADS", "1"))
}

/// Where cargo unpacks what it downloads.
fn registry() -> Result<PathBuf> {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| std::env::home_dir().map(|home| home.join(".cargo")));
    Ok(home.context("neither `CARGO_HOME` nor a home directory is set")?.join("registry/src"))
}
