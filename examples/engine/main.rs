//! A headless engine on framealloc: physics, path finding, visibility, audio and level of detail on real geometry.
//!
//! ```text
//! cargo run --release --example engine                      # the embedded level
//! cargo run --release --example engine -- cow.obj --verify  # your own, with all checks
//! cargo run --release --example engine -- --snapshots shots # snapshots for tools, in the folder `shots`
//! ```
//!
//! Every frame runs the annotated systems of [`systems`], two worker threads among them; afterwards the same kernels
//! run on plain `Vec` and `Box`, and the two are printed side by side. Start reading at `systems/broad_phase.rs`.

mod args;
mod failure;
mod game;
mod level;
mod math;
mod memory;
mod program;
mod quiet;
mod random;
mod report;
mod scene;
mod snapshots;
mod systems;
mod tally;
#[cfg(test)]
mod tests;
mod verify;
mod workers;

use std::alloc::System;
use std::io::{self, Write};
use std::process::ExitCode;

/// Attributes what still reaches the heap to the system that asked for it.
#[global_allocator]
static HEAP: framealloc::Tracking<System> = framealloc::Tracking::new(System);

fn main() -> ExitCode {
    match program::run(std::env::args_os().skip(1), &mut io::stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            // Where standard error is closed as well, the exit code has to do.
            let _ = writeln!(io::stderr(), "{failure}");
            ExitCode::from(failure.exit_code())
        }
    }
}
