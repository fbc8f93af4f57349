//! Running other programs: shown before they start, streamed while they run, described when they fail.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::workspace::root;

/// `cargo` of the toolchain that runs this program, at the workspace's root.
pub fn cargo<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Command {
    let mut command = program(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments);
    command
}

/// Any program, at the workspace's root.
pub fn program(name: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(name);
    command.current_dir(root()).env("CARGO_TERM_PROGRESS_WHEN", "never");
    command
}

/// Runs to the end with the output of this process; an error unless it succeeds.
pub fn run(command: &mut Command) -> Result<()> {
    announce(command);
    let status = command.status().with_context(|| format!("could not start {}", describe(command)))?;
    if !status.success() {
        bail!("{status}: {}", describe(command));
    }
    Ok(())
}

/// As [`run`], and hands every line of standard error to `look` while it is shown.
pub fn run_watching_stderr(command: &mut Command, mut look: impl FnMut(&str)) -> Result<()> {
    announce(command);
    let mut child = command
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("could not start {}", describe(command)))?;
    let stderr = child.stderr.take().context("standard error was asked for")?;
    for line in BufReader::new(stderr).lines() {
        let line = line?;
        eprintln!("{line}");
        look(&line);
    }
    let status = child.wait()?;
    if !status.success() {
        bail!("{status}: {}", describe(command));
    }
    Ok(())
}

/// Runs to the end and returns standard output; an error unless it succeeds.
pub fn output(command: &mut Command) -> Result<String> {
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("could not start {}", describe(command)))?;
    if !output.status.success() {
        bail!("{}: {}", output.status, describe(command));
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// Whether the command exists and succeeds, without showing anything.
pub fn works(command: &mut Command) -> bool {
    let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}

fn announce(command: &Command) {
    eprintln!("$ {}", describe(command));
}

/// The command as one would type it, with the variables it sets.
fn describe(command: &Command) -> String {
    let mut text = String::new();
    for (name, value) in command.get_envs() {
        if let (Some(name), Some(value)) = (name.to_str(), value)
            && name != "CARGO_TERM_PROGRESS_WHEN"
        {
            let _ = write!(text, "{name}={:?} ", value);
        }
    }
    let name = std::path::Path::new(command.get_program());
    let _ = write!(text, "{}", name.file_stem().unwrap_or(name.as_os_str()).display());
    for argument in command.get_args() {
        let _ = write!(text, " {}", argument.display());
    }
    text
}
