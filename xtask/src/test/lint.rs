//! The project's own code and the code in its documentation, linted by the project's own linter.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::Outcome::{self, Passed};
use crate::process::{cargo, run};
use crate::workspace::{self, Metadata};

/// Documents whose examples are right from beginning to end; a page of a code shows mistakes.
const DOCUMENTS: [&str; 4] = ["README.md", "TECHNICAL.md", "benches/README.md", "cargo-fa/README.md"];
/// Sources whose documentation comments are read.
const SOURCES: [&str; 2] = ["framealloc/src", "framealloc-macros/src"];
const LINTER: [&str; 7] = ["run", "--quiet", "-p", "cargo-fa", "--", "fa", "--quiet"];

/// What trybuild compiles, which no target of a package leads to.
const PROGRAMS: &str = "ui-tests/pass";

/// All must be without a finding.
pub fn lint() -> Result<Outcome> {
    run(cargo(LINTER).arg("--workspace"))?;
    run(cargo(LINTER).arg("--path").arg(workspace::root().join(PROGRAMS)))?;
    let folder = Metadata::read()?.target_folder()?.join("linted-examples");
    let blocks = write_blocks(&folder)?;
    run(cargo(LINTER).arg("--path").arg(&folder))?;
    Ok(Passed(format!("the workspace, and {blocks} examples of the documentation")))
}

/// Every example of the documentation as a file of its own, without those of earlier runs.
fn write_blocks(folder: &Path) -> Result<usize> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    fs::create_dir_all(folder)?;
    let root = workspace::root();
    let mut files: Vec<PathBuf> = DOCUMENTS.iter().map(|document| root.join(document)).collect();
    for source in SOURCES {
        rust_files(&root.join(source), &mut files)?;
    }
    let mut count = 0;
    for file in files.iter().filter(|file| file.exists()) {
        let text = fs::read_to_string(file).with_context(|| file.display().to_string())?;
        let markdown =
            if file.extension().is_some_and(|extension| extension == "rs") { comments(&text) } else { text };
        let name = file.strip_prefix(root)?.to_string_lossy().replace(['/', '\\', '.', '-'], "_");
        for (at, block) in blocks(&markdown).into_iter().enumerate() {
            let whole = block.contains("fn main()");
            let code = if whole { block } else { format!("fn main() {{\n{block}}}\n") };
            fs::write(folder.join(format!("{name}_{at}.rs")), code)?;
            count += 1;
        }
    }
    Ok(count)
}

fn rust_files(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    let mut entries: Vec<PathBuf> =
        fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    entries.sort();
    for path in entries {
        if path.is_dir() {
            rust_files(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    Ok(())
}

/// The text of the documentation comments; a line of code between two parts them.
fn comments(source: &str) -> String {
    let text = source.lines().map(|line| {
        let line = line.trim_start();
        let comment = line.strip_prefix("///").or_else(|| line.strip_prefix("//!"));
        comment.map_or("", |comment| comment.strip_prefix(' ').unwrap_or(comment))
    });
    text.flat_map(|line| [line, "\n"]).collect()
}

/// The blocks that rustdoc runs, with the lines that it hides.
fn blocks(markdown: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut open: Option<(bool, String)> = None;
    for line in markdown.lines() {
        match (line.trim_start().strip_prefix("```"), &mut open) {
            (Some(kind), None) => open = Some((is_run(kind.trim()), String::new())),
            (Some(_), Some(_)) => {
                let (runs, block) = open.take().expect("a block is open");
                blocks.extend(runs.then_some(block));
            }
            (None, Some((_, block))) => {
                let shown = line.strip_prefix("# ").unwrap_or(if line == "#" { "" } else { line });
                block.push_str(shown);
                block.push('\n');
            }
            (None, None) => {}
        }
    }
    blocks
}

fn is_run(kind: &str) -> bool {
    kind.is_empty() || kind.split(',').all(|word| matches!(word, "rust" | "no_run" | "should_panic"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_blocks_that_run_are_read() {
        let text = "a\n```\nlet x = 1;\n# let y = 2;\n```\n```text\nno\n```\n```rust,no_run\nloop {}\n```\n```compile_fail\nno\n```\n";
        assert_eq!(blocks(text), ["let x = 1;\nlet y = 2;\n", "loop {}\n"]);
    }

    #[test]
    fn comments_are_told_from_code() {
        assert_eq!(comments("//! a\nfn f() {}\n    /// b\n"), "a\n\nb\n");
    }
}
