//! The command line: `cargo fa [check]`, `explain`, `show`, `list`, `init`.
//!
//! | file | role |
//! |---|---|
//! | `options` | what can be asked for, as clap reads it |
//! | `level_flags` | `-A`, `-W`, `-D`, whose order matters |
//! | `session` | workspace, configuration and terminal of one call |
//! | `terminal` | status lines, progress, colours |
//! | others | one command each |

mod check;
mod explain;
mod init;
mod level_flags;
mod list;
mod options;
mod session;
mod show;
mod terminal;

use std::ffi::OsString;
use std::io;
use std::process::ExitCode;

use anyhow::Result;
use clap::Parser as _;

use crate::config::Mistakes;
use options::{Cli, Command};

/// Nothing was found.
const CLEAN: u8 = 0;
/// Findings at `warn` or `deny` were shown.
const FINDINGS: u8 = 1;
/// The command line, the configuration or the workspace cannot be used.
const UNUSABLE: u8 = 2;

/// Bytes of stack: parsing goes as deep as somebody nested code.
const STACK: usize = 64 << 20;

/// Runs the program with `arguments`, the first of which is its name.
///
/// The result is 0 when nothing was found, 1 when findings at `warn` or `deny` were shown, and 2 when the command line,
/// the configuration or the workspace cannot be used.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let mut arguments: Vec<_> = arguments.into_iter().collect();
    // Cargo runs `cargo-fa fa ..` for `cargo fa ..`.
    if arguments.get(1).is_some_and(|first| first == "fa") {
        arguments.remove(1);
    }
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            // When not even that can be written, the code still tells.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { UNUSABLE } else { CLEAN });
        }
    };
    cli.common.color.apply();
    let thread = std::thread::Builder::new().stack_size(STACK).spawn(|| dispatch(cli));
    let result = thread.expect("a thread can be started").join();
    ExitCode::from(match result.unwrap_or_else(|panic| std::panic::resume_unwind(panic)) {
        Ok(code) => code,
        Err(error) if is_broken_pipe(&error) => CLEAN,
        Err(error) => {
            match error.downcast_ref::<Mistakes>() {
                Some(mistakes) => terminal::mistakes(mistakes),
                None => terminal::error(&format!("{error:#}")),
            }
            UNUSABLE
        }
    })
}

fn dispatch(cli: Cli) -> Result<u8> {
    match cli.command.unwrap_or(Command::Check(cli.check)) {
        Command::Check(options) => check::run(&cli.common, *options),
        Command::Explain { code } => explain::run(&code),
        Command::Show(options) => show::run(&cli.common, &options),
        Command::List(options) => list::run(&cli.common, &options),
        Command::Init(selection) => init::run(&cli.common, &selection),
    }
}

/// Whoever read our output went away, as `head` does.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
    })
}
