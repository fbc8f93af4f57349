//! Running other programs: shown before they start, streamed while they run, described when they fail.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};

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

/// As [`run`], and hands every line of either output to `look` while it is shown.
pub fn run_watching(command: &mut Command, look: impl FnMut(&str) + Send) -> Result<()> {
    announce(command);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("could not start {}", describe(command)))?;
    let stdout = child.stdout.take().context("standard output was asked for")?;
    let stderr = child.stderr.take().context("standard error was asked for")?;
    let look = Mutex::new(look);
    let show = |stream: &mut dyn Read| {
        for line in BufReader::new(stream).split(b'\n').map_while(Result::ok) {
            let line = String::from_utf8_lossy(&line);
            let mut look = look.lock().unwrap_or_else(PoisonError::into_inner);
            eprintln!("{line}");
            look(&line);
        }
    };
    std::thread::scope(|scope| {
        let (mut stdout, mut stderr) = (stdout, stderr);
        scope.spawn(move || show(&mut stderr));
        show(&mut stdout);
    });
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
