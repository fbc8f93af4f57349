//! What git knows: changed lines, and whether anything is uncommitted.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

/// The lines that changed since a revision.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Changed {
    /// By path relative to the root; an empty list is the whole file.
    files: BTreeMap<String, Vec<RangeInclusive<usize>>>,
}

impl Changed {
    /// What differs between the point where the branch left `revision` and the files as they are now.
    pub(crate) fn since(root: &Path, revision: &str) -> Result<Self> {
        let commit = format!("{revision}^{{commit}}");
        let Ok(commit) = git(root, &["rev-parse", "--verify", "--quiet", "--end-of-options", &commit]) else {
            bail!("`{revision}` names no commit of the repository at `{}`", root.display());
        };
        let base = git(root, &["merge-base", commit.trim(), "HEAD"]).unwrap_or(commit);
        let diff = git(
            root,
            &[
                "-c",
                "core.quotePath=false",
                "diff",
                "--no-color",
                "--no-ext-diff",
                "--no-textconv",
                "--no-renames",
                "--relative",
                "--unified=0",
                "--src-prefix=a/",
                "--dst-prefix=b/",
                base.trim(),
                "--",
                ".",
            ],
        )?;
        let mut changed = Self::of_diff(&diff);
        for path in git(root, &["ls-files", "--others", "--exclude-standard", "-z"])?.split_terminator('\0') {
            changed.files.insert(path.to_owned(), Vec::new());
        }
        Ok(changed)
    }

    fn of_diff(diff: &str) -> Self {
        let mut changed = Self::default();
        let mut lines = None;
        for line in diff.lines() {
            if let Some(path) = line.strip_prefix("+++ ") {
                let path = path.trim_end_matches('\t').strip_prefix("b/");
                lines = path.map(|path| changed.files.entry(path.to_owned()).or_default());
            } else if let (Some(hunk), Some(lines)) = (line.strip_prefix("@@ "), &mut lines) {
                lines.extend(added(hunk));
            }
        }
        // A file of which lines were only removed has no changed line, rather than all of them.
        changed.files.retain(|_, lines| !lines.is_empty());
        changed
    }

    pub(crate) fn contains(&self, path: &str, lines: RangeInclusive<usize>) -> bool {
        self.files.get(path).is_some_and(|changed| {
            changed.is_empty()
                || changed.iter().any(|one| one.start() <= lines.end() && lines.start() <= one.end())
        })
    }
}

/// The lines of the new file in `-1,2 +3,4 @@ ...`; none when lines were only removed.
fn added(hunk: &str) -> Option<RangeInclusive<usize>> {
    let new = hunk.split(' ').find_map(|part| part.strip_prefix('+'))?;
    let (start, count) = new.split_once(',').unwrap_or((new, "1"));
    let (start, count) = (start.parse::<usize>().ok()?, count.parse::<usize>().ok()?);
    (count > 0).then(|| start..=start + count - 1)
}

/// Why files below `root` should not be changed by a program now: uncommitted changes, or no repository.
pub(crate) fn unsaved(root: &Path) -> Option<String> {
    let Ok(status) = git(root, &["status", "--porcelain", "--", "."]) else {
        return Some("the workspace is in no git repository, so that changes could not be undone".to_owned());
    };
    let files: Vec<_> = status.lines().filter_map(|line| line.get(3..)).collect();
    let (shown, more) = files.split_at(files.len().min(5));
    if shown.is_empty() {
        return None;
    }
    let more = if more.is_empty() { String::new() } else { format!(" and {} more", more.len()) };
    Some(format!("the working tree has uncommitted changes: {}{more}", shown.join(", ")))
}

fn git(root: &Path, arguments: &[&str]) -> Result<String> {
    let output =
        Command::new("git").arg("-C").arg(root).args(arguments).output().context("`git` cannot be run")?;
    if !output.status.success() {
        bail!("git {}: {}", arguments[0], String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changed_lines_are_read_from_hunks() {
        let diff = "--- a/src/a.rs\n+++ b/src/a.rs\n@@ -1,2 +3,4 @@ fn f()\n-x\n@@ -9 +12 @@\n--- a/b.rs\n+++ b/b.rs\n\
                    @@ -4,2 +3,0 @@\n--- a/c.rs\n+++ /dev/null\n@@ -1 +0,0 @@\n";
        let changed = Changed::of_diff(diff);
        assert!(changed.contains("src/a.rs", 6..=9));
        assert!(changed.contains("src/a.rs", 12..=12));
        assert!(!changed.contains("src/a.rs", 7..=11));
        assert!(!changed.contains("b.rs", 1..=99));
        assert!(!changed.contains("c.rs", 1..=99));
    }
}
