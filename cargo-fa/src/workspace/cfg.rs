//! What `#[cfg(..)]` is true for on a target.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

/// Asks the compiler that cargo would take in `folder`.
pub(super) fn of_target(folder: &Path, target: Option<&str>) -> Result<Vec<(String, Option<String>)>> {
    let compiler = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let mut command = Command::new(&compiler);
    command.current_dir(folder).args(["--print", "cfg"]);
    if let Some(target) = target {
        command.args(["--target", target]);
    }
    let output = command.output().with_context(|| format!("`{}` cannot be run", compiler.display()))?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr);
        let reason = text.lines().next().unwrap_or_default().trim_start_matches("error: ");
        bail!("the compiler does not know the target `{}`: {reason}", target.unwrap_or("of this machine"));
    }
    Ok(String::from_utf8_lossy(&output.stdout).lines().map(entry).collect())
}

/// `unix`, or `target_os="linux"`.
fn entry(line: &str) -> (String, Option<String>) {
    match line.split_once('=') {
        Some((key, value)) => (key.to_owned(), Some(value.trim_matches('"').to_owned())),
        None => (line.to_owned(), None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_flags_or_pairs() {
        assert_eq!(entry("unix"), ("unix".to_owned(), None));
        assert_eq!(entry("target_os=\"linux\""), ("target_os".to_owned(), Some("linux".to_owned())));
    }

    #[test]
    fn targets_differ() {
        let here = Path::new(".");
        let windows = of_target(here, Some("x86_64-pc-windows-msvc")).unwrap();
        assert!(windows.contains(&("target_os".to_owned(), Some("windows".to_owned()))));
        let message = of_target(here, Some("no-such-target")).unwrap_err().to_string();
        assert!(message.starts_with("the compiler does not know the target `no-such-target`: "), "{message}");
    }
}
