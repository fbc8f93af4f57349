//! `cargo xtask soak`: millions of frames whose memory and latency must stay flat.

use anyhow::Result;
use lexopt::Parser;
use lexopt::prelude::*;

use crate::process::{cargo, run as run_command};

const HELP: &str = "\
cargo xtask soak [--frames N]

Runs a changing workload on two threads, with bursts, and fails unless resident memory and the latency of a frame stay
flat and no chunk is taken but after a burst.

  --frames N   how many frames (10,000,000; the least is 200,000)
";

/// Runs as many frames as the options ask for. Fails when something is not flat.
pub fn run(arguments: &mut Parser) -> Result<bool> {
    let mut frames = 10_000_000;
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("frames") => frames = arguments.value()?.parse()?,
            Long("help") | Short('h') => {
                print!("{HELP}");
                return Ok(true);
            }
            other => return Err(other.unexpected().into()),
        }
    }
    soak(frames)?;
    Ok(true)
}

/// Runs so many frames.
pub fn soak(frames: u64) -> Result<()> {
    let program = ["run", "--release", "-p", "framealloc-benches", "--bin", "soak", "--"];
    // Has glibc return every freed chunk at once. By itself it raises the size from which it does, and whether a burst's
    // memory then stays with it depends on how the two threads happen to alternate.
    run_command(cargo(program).arg(frames.to_string()).env("MALLOC_MMAP_THRESHOLD_", "65536"))
}
