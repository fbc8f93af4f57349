//! `cargo xtask bench`: what framealloc costs.

pub mod callgrind;
pub mod instructions;
mod targets;

use anyhow::{Result, bail};
use lexopt::Parser;
use lexopt::prelude::*;

use crate::process::{cargo, run as run_command};

const HELP: &str = "\
cargo xtask bench [--instructions] [--times] [--json FILE] [--contenders] [--all-features]

  --instructions   instructions per operation, counted by callgrind, against their targets
  --times          times as ratios against the other allocators, interleaved in one process
  --json FILE      where the instruction counts go (target/bench/instructions.json)
  --all-features   instructions with every feature of the library but `debug` and `nightly`
  --contenders     mimalloc and jemalloc in the instruction table, too (builds their C code)

Without --instructions or --times: both. `cargo bench -p framealloc-benches --features contenders,criterion` runs the
same work under criterion.
";

/// Runs what the options ask for; `false` when an instruction target is missed.
pub fn run(arguments: &mut Parser) -> Result<bool> {
    let mut options = instructions::Options::default();
    let (mut count, mut time) = (false, false);
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("instructions") => count = true,
            Long("times") => time = true,
            Long("json") => options.json = Some(arguments.value()?.into()),
            Long("contenders") => options.contenders = true,
            Long("all-features") => options.all_features = true,
            Long("help") | Short('h') => {
                print!("{HELP}");
                return Ok(true);
            }
            other => return Err(other.unexpected().into()),
        }
    }
    let both = !count && !time;
    let mut met = true;
    if count || both {
        if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
            bail!("the instruction targets are those of x86-64 Linux");
        }
        met = instructions::measure(&options)?.missed.is_empty();
    }
    if time || both {
        let package = ["-p", "framealloc-benches", "--features", "contenders"];
        run_command(cargo(["run", "--profile", "bench"]).args(package).args(["--bin", "times"]))?;
    }
    Ok(met)
}
